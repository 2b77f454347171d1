#!/usr/bin/env python3
"""What a simulated run shows, read from its workspace's database.

  Tests/labelers/report.py WORKSPACE

Prints JSON: the reward model's accuracy on pairs before learning them (all slates, and those of the
second half of the run, with a 95 % bootstrap interval over slates), how often the base model lost to
the policy, and the mean words of the policy's own candidates over the first and the last ten
slates: all of them, those that no reward selected, and the references for comparison."""

import json
import random
import sqlite3
import sys

database = sqlite3.connect(f"file:{sys.argv[1]}/apprentice.sqlite?mode=ro", uri=True)
rankings = database.execute(
    """SELECT slate_id, pairs, predicted, outcome FROM labels
       JOIN ranking_outcomes ON label_id = labels.id
       WHERE retracted_at IS NULL ORDER BY labels.id"""
).fetchall()


def accuracy(rows):
    counted = [(right, pairs) for _, pairs, right, _ in rows if right is not None and pairs > 0]
    if not counted:
        return None

    def share(slates):
        return sum(right for right, _ in slates) / sum(pairs for _, pairs in slates)

    chance = random.Random(0)
    shares = sorted(share([chance.choice(counted) for _ in counted]) for _ in range(2000))
    return {
        "value": share(counted), "low": shares[50], "high": shares[1949],
        "pairs": sum(pairs for _, pairs in counted),
    }


def mean_words(rows, condition):
    found = [
        words
        for slate, *_ in rows
        for (words,) in database.execute(
            f"""SELECT words FROM slate_completions
                JOIN completions ON completions.id = completion_id
                WHERE slate_id = ? AND {condition}""", (slate,))
    ]
    return sum(found) / len(found) if found else None


report = {
    "rankings": len(rankings),
    "demonstrations": database.execute(
        "SELECT count(*) FROM labels WHERE kind = 'demonstration' AND retracted_at IS NULL"
    ).fetchone()[0],
    "reward_accuracy": accuracy(rankings),
    "reward_accuracy_second_half": accuracy(rankings[len(rankings) // 2:]),
    "policy_won": sum(1 for row in rankings if row[3] == 1),
    "policy_lost": sum(1 for row in rankings if row[3] == -1),
}
for name, condition in [
    ("own", "origin <> 'reference'"), ("unselected", "origin = 'unselected'"),
    ("reference", "origin = 'reference'"),
]:
    first = mean_words(rankings[:10], condition)
    last = mean_words(rankings[-10:], condition)
    report[f"words_{name}"] = {
        "first_ten": first, "last_ten": last, "ratio": last / first if first else None,
    }
print(json.dumps(report, indent=2))
