#!/usr/bin/env python3
"""A scripted labeler for `apprentice simulate --labeler-command`.

It reads one slate a line, {"slate","prompt","completions":[{"id","text"}]}, and answers with one
line, {"tiers":[[id,...],...]}: by the score of its taste (tastes.py), scores close together tied. With
--demonstrations N the first N slates whose prompt it has an answer for get a demonstration too. It
needs no third-party package.
"""

import argparse
import json
import pathlib
import random
import sys

import tastes

MARGIN = 0.04  # scores this close to the best of their tier are tied with it
FILES = {"brevity": "demonstrations.jsonl"}


def tiers(taste, prompt, completions):
    """Every id once, best tier first."""
    scored = sorted(
        ((tastes.score(taste, prompt, item["text"]), item["id"]) for item in completions),
        key=lambda pair: -pair[0])
    ranked = []
    for score, identifier in scored:
        if not ranked or score < start - MARGIN or (score == 0) != (start == 0):
            ranked.append([])
            start = score
        ranked[-1].append(identifier)
    return ranked


def known_demonstrations(taste):
    name = FILES.get(taste, f"demonstrations-{taste}.jsonl")
    known = {}
    with open(pathlib.Path(__file__).resolve().parent / name, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if isinstance(record["prompt"], str):
                known[record["prompt"]] = record["demonstration"]
    return known


def first_demonstrations(taste, count, seed):
    """Prompts and demonstrations that a labeler writes before the first slate, half of them for prompts that ask
    for several things: who shows what is liked shows it for both kinds."""
    known = sorted(known_demonstrations(taste).items())
    random.Random(seed).shuffle(known)
    several = [pair for pair in known if tastes.asks_for_several(pair[0])][:count // 2]
    others = [pair for pair in known if not tastes.asks_for_several(pair[0])]
    return several + others[:count - len(several)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("taste", choices=sorted(tastes.TASTES) + ["random"])
    parser.add_argument(
        "--demonstrations", type=int, default=0, metavar="N", help="demonstrations to write")
    parser.add_argument(
        "--reversed", type=float, default=0, metavar="SHARE", help="the share of rankings reversed")
    parser.add_argument("--seed", type=int, default=0, help="decides which are reversed")
    options = parser.parse_args()

    chance = random.Random(options.seed)
    known = known_demonstrations(options.taste) if options.demonstrations else {}
    written = 0
    for line in sys.stdin:
        if not line.strip():
            continue
        slate = json.loads(line)
        if options.taste == "random":
            ids = [item["id"] for item in slate["completions"]]
            chance.shuffle(ids)
            ranked = [[identifier] for identifier in ids]
        else:
            ranked = tiers(options.taste, slate["prompt"], slate["completions"])
        if chance.random() < options.reversed:
            ranked.reverse()
        answer = {"tiers": ranked}
        demonstration = known.get(slate["prompt"])
        if demonstration is not None and written < options.demonstrations:
            answer["demonstration"] = demonstration
            written += 1
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
