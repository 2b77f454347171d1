#!/usr/bin/env python3
"""Checks what `simulate --json` and `stats --json` said: four labels came back, they ranked, and
both the policy and the reward model have learnt. Exits 1 with a sentence for what does not hold."""

import json
import sys

LABELS = 4


def check(holds, sentence):
    if not holds:
        sys.exit(f"check_simulation: {sentence}")


with open(sys.argv[1], encoding="utf-8") as lines:
    labels = [json.loads(line) for line in lines if line.strip()]
with open(sys.argv[2], encoding="utf-8") as file:
    stats = json.load(file)

slates = {label["slate"] for label in labels}
check(len(slates) == LABELS, f"{len(slates)} slates were labelled, not {LABELS}")
pairs = sum(label["pairs"] for label in labels)
check(pairs > 0, "no label has a strict pair")
for label in labels:
    predicted = label["predicted"]
    check(
        predicted is None or 0 <= predicted <= label["pairs"],
        f"label {label['label']}: {predicted} of {label['pairs']} pairs predicted",
    )

rankings = stats["labels"].get("ranking", 0)
check(rankings == LABELS, f"stats counts {rankings} rankings, not {LABELS}")
learnt = {kind: 0 for kind in ("policy", "reward")}
for version in stats["versions"]:
    if version["state"] != "rejected":
        learnt[version["kind"]] += 1
for kind, count in learnt.items():
    check(count > 0, f"no {kind} version was published")

print(
    f"{len(slates)} slates, {pairs} strict pairs; published: "
    f"{learnt['policy']} policy and {learnt['reward']} reward versions"
)
