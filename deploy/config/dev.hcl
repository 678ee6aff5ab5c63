# Beside `muster agent -dev`, which keeps nothing on disk: more to see.
log_level            = "DEBUG"
enable_script_checks = true
