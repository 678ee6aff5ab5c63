import { expect, test } from "bun:test";
import { columnize } from "../../../src/cli/columnize.ts";

test("columns are as wide as their widest cell, two spaces apart, the last one ragged", () => {
  expect(
    columnize([
      ["Node", "ID"],
      ["a-long-name", "1"],
      ["b", "22"],
    ]),
  ).toBe("Node         ID\na-long-name  1\nb            22");
});

test("wide characters take two places, as terminals show them", () => {
  expect(
    columnize([
      ["日本", "x"],
      ["abcd", "y"],
    ]),
  ).toBe("日本  x\nabcd  y");
});

test("an empty last cell leaves the padding, as Consul's tab writer does", () => {
  expect(
    columnize(
      [
        ["api", ""],
        ["consul", "t"],
      ],
      "      ",
    ),
  ).toBe("api         \nconsul      t");
});

test("no rows give no text", () => {
  expect(columnize([])).toBe("");
});
