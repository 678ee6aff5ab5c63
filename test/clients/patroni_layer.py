"""Patroni's Consul layer without PostgreSQL: two instances of its class against one agent, through what a cluster lives.

patroni_layer.py HOST:PORT SCENARIO prints one JSON object at the end: each step and what the layer answered. Values that differ from
run to run (sessions, indexes) appear only as comparisons.
"""
import datetime
import json
import logging
import sys
import threading
import time

from patroni.dcs import get_dcs

logging.basicConfig(level=logging.CRITICAL)
ADDRESS, SCENARIO = sys.argv[1:3]
steps = {}


def instance(name, ttl=20, **more):
    section = {'host': ADDRESS, 'register_service': True, 'service_tags': ['ours'], **more}
    return get_dcs({'scope': 'Ba_tman', 'namespace': '/service/', 'name': name, 'ttl': ttl, 'loop_wait': 1,
                    'retry_timeout': 6, 'consul': section})


def data(name, role='replica', state='running'):
    return {'conn_url': 'postgres://127.0.0.1:5432/postgres', 'api_url': 'http://127.0.0.1:1/patroni', 'role': role,
            'state': state, 'version': '3.0.2', 'xlog_location': len(name)}


def leader(dcs):
    found = dcs.get_cluster().leader
    return found and found.name


def members(dcs):
    return {each.name: each.data for each in dcs.get_cluster().members}


def services(dcs):
    return {key: [each['Service'], each['Address'], each['Port'], sorted(each['Tags']), each['EnableTagOverride']]
            for key, each in dcs._client.agent.services().items() if each['Service'] != 'consul'}


def together(*calls):
    """All at the same moment; the answers in their order."""
    answers, ready = [None] * len(calls), threading.Barrier(len(calls))

    def run(at):
        ready.wait()
        answers[at] = calls[at]()
    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def woken_by(change, watcher, leader_index, seconds=15):
    """Whether a watch that waited for as long ends with the change, and soon."""
    before = time.time()

    def after_a_while():
        time.sleep(0.3)
        change()
    woken, _ = together(lambda: watcher.watch(leader_index, seconds), after_a_while)
    return [woken, time.time() - before < seconds / 2]


def settled(read, wanted):
    """A registration reaches the agent at once; the last answer is given when it never does."""
    for _ in range(200):
        if read() == wanted:
            break
        time.sleep(0.02)
    return read()


def life():
    a, b = instance('a'), instance('b')
    for each in (a, b):
        each.watch(None, 0)  # The first one after a change of the TTL returns at once.
    steps['empty'] = list(map(bool, [a.get_cluster().initialize, a.get_cluster().leader, a.get_cluster().members]))

    steps['who may initialise'] = sorted(map(bool, together(a.initialize, b.initialize)))
    steps['cancelled'] = [a.cancel_initialization(), a.get_cluster().initialize]
    steps['initialised'] = [a.initialize(sysid='1'), b.initialize(sysid='2'), b.get_cluster().initialize,
                            a.initialize(create_new=False, sysid='7001'), b.get_cluster().initialize]

    steps['race'] = sorted(map(bool, together(a.attempt_to_acquire_leader, b.attempt_to_acquire_leader)))
    first, second = (a, b) if leader(a) == 'a' else (b, a)
    steps['the leader again, and the other'] = [first.attempt_to_acquire_leader(), second.attempt_to_acquire_leader()]
    steps['lead by its session'] = first.get_cluster().leader.session == first._session

    for each, role in ((first, 'master'), (second, 'replica')):
        each.get_cluster()
        assert each.touch_member(data('x', role))
    steps['members'] = sorted([each['role'] for each in members(a).values()])
    steps['member of its session'] = all(each.session == dcs._session for dcs in (a, b)
                                         for each in dcs.get_cluster().members if each.name == dcs._name)
    steps['touched again'] = [first.touch_member(data('x', 'master')), first.touch_member(data('xyz', 'master'))]
    steps['what it told'] = members(a)[first._name]['xlog_location']
    swap = {first._name: 'first', second._name: 'second'}
    steps['services'] = {swap[key.split('/')[1]]: each for key, each in services(a).items()}
    second.get_cluster()
    second.touch_member(data('x', 'replica', 'stopped'))
    # The library's version 0.7 asks for this with GET, which both programs refuse: it stays.
    steps['of one that stopped'] = sorted(swap[key.split('/')[1]] for key in services(a))

    first.get_cluster()
    steps['status'] = [first.update_leader(1234, {'slot': 12}, {'a': 'http://a', 'b': 'http://b'}),
                       *[getattr(second.get_cluster(), each) for each in ('last_lsn', 'slots', 'failsafe')]]

    for name, write, read in [
        ('config', lambda value, index=None: first.set_config_value(json.dumps({'ttl': value}), index),
         lambda: first.get_cluster().config),
        ('failover', lambda value, index=None: first.manual_failover('a', str(value), index=index),
         lambda: first.get_cluster().failover),
        ('sync', lambda value, index=None: first.write_sync_state(first._name, [str(value)], index=index),
         lambda: first.get_cluster().sync),
    ]:
        index_of = lambda: getattr(read(), 'modify_index', None) or getattr(read(), 'index', None)
        answers = [bool(write(1)), index_of() is not None]
        before = index_of()
        answers += [bool(write(2, before)), bool(write(3, before)), index_of() == before]
        value = read()
        steps[name] = answers + [value.data if name == 'config' else value.candidate if name == 'failover'
                                 else value.members]
    stamp = datetime.datetime(2030, 1, 2, tzinfo=datetime.timezone.utc)
    steps['scheduled'] = [first.manual_failover('a', 'b', stamp), str(second.get_cluster().failover.scheduled_at),
                          first.set_failover_value('{}'), bool(second.get_cluster().failover.candidate)]
    index = first.get_cluster().sync.index
    steps['sync state deleted'] = [bool(first.delete_sync_state(1)), bool(first.delete_sync_state(index)),
                                   second.get_cluster().sync.leader]
    steps['history'] = [first.set_history_value('[[1,25,"x"]]'), second.get_cluster().history.lines]

    index = second.get_cluster().leader.index
    steps['nothing changed'] = second.watch(index, 1)
    first.get_cluster()
    steps['leader left'] = [woken_by(first.delete_leader, second, index), leader(second),
                            second.attempt_to_acquire_leader(), leader(first) == second._name]
    second.touch_member(data('x', 'master'))

    index = first.get_cluster().leader.index
    lost = second._session
    steps['session destroyed'] = [woken_by(lambda: second._client.session.destroy(lost), first, index), leader(first),
                                  second._name in members(first),
                                  first.attempt_to_acquire_leader(), second.attempt_to_acquire_leader(),
                                  second._session != lost, leader(second) == first._name]
    second.get_cluster()
    steps['back as a member'] = [second.touch_member(data('x')), sorted(members(first)) == ['a', 'b']]
    lost = second._session
    second._client.session.destroy(lost)
    second._last_session_refresh = time.time()
    steps['touched with a session that is gone'] = [second.touch_member(data('longer')), second._session]

    steps['cluster deleted'] = [first.delete_cluster(), first.get_cluster().initialize, leader(first), members(first)]


def expiry():
    a, b = instance('a', 4), instance('b', 4)
    a.attempt_to_acquire_leader()
    a.touch_member(data('x'))
    b.get_cluster()
    b.watch(None, 0)
    before = time.time()
    while leader(b) and b.watch(b.get_cluster().leader and b.get_cluster().leader.index, 12) and leader(b):
        assert time.time() - before < 12
    seconds = time.time() - before
    steps['the leader fell silent'] = [1.9 < seconds < 10, leader(b), members(b), b.attempt_to_acquire_leader(),
                                       leader(b)]
    steps['it comes back'] = [a.attempt_to_acquire_leader(), leader(a)]


def short_ttl():
    # As its command line makes it: without a session, which Patroni itself would wait five seconds for.
    dcs = instance('a', 2, patronictl=True)
    answers = []
    for _ in range(2):
        try:
            answers.append(bool(dcs.refresh_session()))
        except Exception as error:
            answers.append(str(error))
    steps['a TTL below the least'] = [*answers, dcs.ttl]


def new_leader():
    a, b = instance('a'), instance('b')
    a.watch(None, 0)
    a.initialize(sysid='1')
    a.attempt_to_acquire_leader()
    for dcs in (a, b):
        dcs.touch_member(data('x'))
    print('leading', file=sys.stderr, flush=True)
    sys.stdin.readline()
    seen, updated = set(), False
    # Patroni's loop: an answer that did not come is tried again in the next round.
    for _ in range(30):
        try:
            a.get_cluster()
            updated = a.update_leader(99) and leader(b) == 'a'
            seen.add(bool(b.attempt_to_acquire_leader()))
        except Exception as error:
            seen.add(type(error).__name__)
        if updated:
            break
        time.sleep(0.2)
    steps['kept'] = [updated, True in seen, a.get_cluster().last_lsn, sorted(members(b)), a.get_cluster().initialize]
    index = b.get_cluster().leader.index
    a.get_cluster()
    steps['handed over'] = [woken_by(a.delete_leader, b, index), b.attempt_to_acquire_leader(), leader(a)]


{'new-leader': new_leader, 'life': life, 'expiry': expiry, 'short-ttl': short_ttl}[SCENARIO]()
print(json.dumps(steps))
