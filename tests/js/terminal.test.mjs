// What the terminal knows of a line without a page.

import assert from "node:assert/strict";
import test from "node:test";

import { asLine, common, History, isComplete } from "../../static/js/terminal/lines.js";

const ROWS = [
  ["kubectl get pods", true],
  ["kubectl apply -f - <<EOF", false],
  ["kubectl apply -f - <<EOF\na: b\nEOF", true],
  ["kubectl apply -f - <<'EOF'\na: b\n EOF", false],
  ["cat <<-END\n\ta\n\tEND", true],
  ["echo 'open", false],
  ["echo \"it's closed\"", true],
  ["kubectl get pods \\", false],
  ["", true],
];
for (const [line, complete] of ROWS) test(`${JSON.stringify(line)} is ${complete ? "complete" : "not complete"}`, () => assert.equal(isComplete(line), complete));

test("a pasted manifest becomes the line that applies it, other text stays", () => {
  assert.equal(asLine("apiVersion: v1\r\nkind: Pod\r\n"), "kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: Pod\nEOF");
  assert.equal(asLine("---\nkind: Pod\nx: y"), "kubectl apply -f - <<'EOF'\n---\nkind: Pod\nx: y\nEOF");
  assert.equal(asLine("kubectl get pods\n"), "kubectl get pods");
});

test("completion adds what all candidates begin with", () => {
  assert.equal(common(["services ", "service ", "svc "]), "s");
  assert.equal(common(["describe "]), "describe ");
  assert.equal(common([]), "");
});

test("history goes back and forth and keeps the line being typed", () => {
  const history = new History(["a", "b"]);
  assert.equal(history.move(-1, "typing"), "b");
  assert.equal(history.move(-1, "b"), "a");
  assert.equal(history.move(-1, "a"), null);
  assert.equal(history.move(1, "a"), "b");
  assert.equal(history.move(1, "b"), "typing");
  history.add("b");
  assert.deepEqual(history.lines, ["a", "b"]);
  history.add("c");
  assert.equal(history.search("b", 3), 1);
  assert.equal(history.search("x", 3), -1);
});
