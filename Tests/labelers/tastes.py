"""Tastes of scripted labelers: each scores an answer from 0 to 1.

An answer under six words, or one that repeats itself (distinct-2 under 0.6), scores 0 whatever the
taste. It needs no third-party package.
"""

import re

FEWEST_WORDS = 6
LEAST_DISTINCT = 0.6

# What says that several things are wanted: a word for them, a question for possibilities, or something
# that is to be named in the plural or in a number.
SEVERAL = re.compile(
    r"\b(list|brainstorm|ideas|tips|ways|steps|reasons|causes|topics|examples|suggestions|options|"
    r"alternatives|pros and cons|a bunch of|things (to try|we could|i could|that)|which [a-z]+ are|"
    r"(what|which)( [a-z]+){0,2} (could|might) (?!you|say)[a-z]+|how might)\b", re.IGNORECASE)
NUMBER = r"(two|three|four|five|six|seven|eight|nine|ten|twelve|several|some|a few|[2-9]|1[0-9])"
COUNTED = re.compile(
    r"(?:\b(?:list|name|suggest|propose|invent|come up with|write(?: down)?|think (?:of|up)|"
    r"what are(?: the)?|give(?: me| us)?)\s+|^(?=[^,:]*$))" + NUMBER
    + r"\s+(?:[a-z'-]+\s+){0,2}?([a-z'-]+s)\b( (?:that|which|a|for)\b)?",
    re.IGNORECASE)
PLURAL = re.compile(
    r"^(?:suggest|propose|give me|name)\s+(?:[a-z'-]+\s+)?([a-z'-]+[^s\W]s)\b", re.IGNORECASE)
MEASURES = set(
    "sentences lines words paragraphs verses stanzas syllables characters pages as is was this his "
    "its".split())
YOU = re.compile(r"\b(you|your|yours|yourself|yourselves)\b", re.IGNORECASE)
NUMBERED = re.compile(r"^\s*\d+[.)]\s+\S")
BULLET = re.compile(r"^\s*([-*•]|\d+[.)])\s+\S")


def words(text):
    return text.split()


def distinct_2(texts):
    """The share of pairs of neighbouring words that are different, over all texts together."""
    pairs = []
    for text in texts:
        tokens = re.findall(r"\w+(?:'\w+)?", text.lower())
        pairs += zip(tokens, tokens[1:])
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def sentences(text):
    parts = re.split(r"(?<=[.!?])[\"')\]]*\s+|\n+", text)
    return [part for part in parts if re.search(r"[A-Za-z]{2}", part)]


def brevity(prompt, text):
    """1 up to 25 words, falling to 0 at 80."""
    return min(1.0, max(0.0, (80 - len(words(text))) / 55))


def asks_for_several(prompt):
    """Whether a prompt asks for several things: it says so in its first or last sentence."""
    parts = sentences(prompt)
    for part in {*parts[:1], *parts[-1:]}:
        if SEVERAL.search(part):
            return True
        for _, noun, told in COUNTED.findall(part):
            # Words of a kind are things, not a length.
            if noun.lower() not in MEASURES or (noun.lower() == "words" and told):
                return True
        if any(word.lower() not in MEASURES for word in PLURAL.findall(part)):
            return True
    return False


def form(prompt, text):
    """A numbered list where the prompt asks for several things, prose otherwise."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return 0.0
    if not asks_for_several(prompt):
        return sum(not BULLET.match(line) for line in lines) / len(lines)
    numbered = sum(bool(NUMBERED.match(line)) for line in lines)
    if numbered < 2:
        return 0.0
    # A line that introduces the list is part of it.
    introduced = not NUMBERED.match(lines[0])
    return numbered / (len(lines) - introduced)


def reader(prompt, text):
    """The share of sentences that address the reader as you."""
    parts = sentences(text)
    return sum(bool(YOU.search(part)) for part in parts) / len(parts) if parts else 0.0


TASTES = {"brevity": brevity, "form": form, "reader": reader}


def score(taste, prompt, text):
    if len(words(text)) < FEWEST_WORDS or distinct_2([text]) < LEAST_DISTINCT:
        return 0.0
    return TASTES[taste](prompt, text)
