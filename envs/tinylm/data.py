"""The corpus: text of an invented language from a seeded generator, the same in every run whatever the run's seed.

Every sentence is built from a small grammar whose words agree with each other over distance: an article and an
adjective follow the class of their noun, a verb follows the class of its subject and the time named at the start of
the sentence, objects follow the verb, and a pronoun follows the subject of the sentence before. Each choice can be
read off the text, so the probabilities of the choices give the entropy of the text: `entropy()`.
"""
from bisect import bisect
from functools import lru_cache
from itertools import accumulate
from math import log
from random import Random

import numpy as np

CORPUS_SEED = 20_260_101
TRAIN_CHARACTERS = 150_000
VALIDATION_CHARACTERS = 270_400
ALPHABET = "\n ,.abdefgiklmnoprstuvz"
VOCABULARY = len(ALPHABET)

CLASSES = 3
NOUNS, ADJECTIVES, VERBS, PREPOSITIONS = 90, 40, 48, 6
FAVOURED_OBJECTS, FAVOUR = 6, 0.75  # a verb takes one of its own few nouns three times out of four


class Choice:
    """A weighted choice by `random()` alone, whose sequence Python guarantees across versions."""

    def __init__(self, options, weights):
        self.options, total = list(options), sum(weights)
        self.probabilities = [weight / total for weight in weights]
        self.cumulative = list(accumulate(self.probabilities))[:-1]

    @classmethod
    def zipf(cls, options, exponent=1.0):
        """Options whose probability falls with their rank, as words do in real text."""
        options = list(options)
        return cls(options, [1 / (rank + 2) ** exponent for rank in range(len(options))])


class Language:
    """The words and habits of the invented language, drawn once from the corpus seed."""

    def __init__(self, random: Random):
        self.random, self.taken = random, set()
        adjective_endings, verb_endings = self._words(CLASSES, 1), [self._words(CLASSES, 1) for _ in range(3)]
        self.articles, self.pronouns = self._words(CLASSES, 1), self._words(CLASSES, 2)
        self.prepositions = Choice.zipf(self._words(PREPOSITIONS, 1))
        self.times = Choice([("", 0)] + [(word, tense) for tense in range(3) for word in self._words(2, 2)], [4, 1, 1, 1, 1, 1, 1])
        self.nouns = Choice.zipf([(word, number % CLASSES) for number, word in enumerate(self._words(NOUNS, 2, 3))])
        self.adjectives = Choice.zipf([[stem + end for end in adjective_endings] for stem in self._words(ADJECTIVES, 2)])
        self.verbs = Choice.zipf([self._verb(stem, verb_endings) for stem in self._words(VERBS, 2)])
        self.yes_no = {odds: Choice([True, False], [odds, 1 - odds]) for odds in (0.2, 0.25, 0.3, 0.35, 0.4)}
        self.start = Choice([False, True], [0.7, 0.3])

    def _words(self, count, *syllables):
        """`count` new words, each unlike every word before."""
        words = []
        while len(words) < count:
            word = "".join(self._pick("bdfgklmnprstvz") + self._pick("aeiou") for _ in range(syllables[int(self.random.random() * len(syllables))]))
            word += self._pick(["", "", "n", "r", "s", "l"])
            if word not in self.taken:
                self.taken.add(word)
                words.append(word)
        return words

    def _pick(self, options):
        return options[int(self.random.random() * len(options))]

    def _verb(self, stem, endings):
        """A verb: its forms by tense and class, and the nouns it takes as object, as a choice over all nouns."""
        weights = [(1 - FAVOUR) * p for p in self.nouns.probabilities]
        for rank in range(FAVOURED_OBJECTS):
            weights[int(self.random.random() * NOUNS)] += FAVOUR * [0.35, 0.25, 0.15, 0.1, 0.1, 0.05][rank]
        return [[stem + end for end in tense] for tense in endings], Choice(self.nouns.options, weights)


class Writer:
    """Writes sentences and keeps `surprise`, minus the sum of the log probabilities of the choices made, in nats."""

    def __init__(self, language: Language, random: Random):
        self.language, self.random, self.surprise, self.subject_class = language, random, 0.0, 0

    def choose(self, choice: Choice):
        number = bisect(choice.cumulative, self.random.random())
        self.surprise -= log(choice.probabilities[number])
        return choice.options[number]

    def noun_phrase(self, nouns: Choice, adjective_odds: float):
        """Article, sometimes an adjective, noun: the first two show the class of the noun that is still to come."""
        noun, noun_class = self.choose(nouns)
        words = [self.language.articles[noun_class]]
        if self.choose(self.language.yes_no[adjective_odds]):
            words.append(self.choose(self.language.adjectives)[noun_class])
        return words + [noun], noun_class

    def verb_phrase(self, tense: int):
        forms, objects = self.choose(self.language.verbs)
        return [forms[tense][self.subject_class]] + self.noun_phrase(objects, 0.25)[0]

    def sentence(self) -> str:
        """One sentence with its full stop and the space or new line after it."""
        language = self.language
        time, tense = self.choose(language.times)
        words = [time + ","] if time else []
        if self.choose(language.start):
            words.append(language.pronouns[self.subject_class])
        else:
            phrase, self.subject_class = self.noun_phrase(language.nouns, 0.35)
            words += phrase
        words += self.verb_phrase(tense)
        if self.choose(language.yes_no[0.3]):
            words += [self.choose(language.prepositions)] + self.noun_phrase(language.nouns, 0.2)[0]
        if self.choose(language.yes_no[0.4]):
            words[-1] += ","
            words += self.verb_phrase(tense)
        return " ".join(words) + (".\n" if self.choose(language.yes_no[0.2]) else ". ")


@lru_cache(maxsize=None)
def _corpus():
    random = Random(CORPUS_SEED)
    writer = Writer(Language(random), random)
    length, pieces, wanted = 0, [], TRAIN_CHARACTERS + VALIDATION_CHARACTERS
    while length < wanted:
        pieces.append(writer.sentence())
        length += len(pieces[-1])
    text = "".join(pieces)
    return text, writer.surprise / len(text)


def texts() -> tuple:
    """Training and validation text, each a one-dimensional uint8 array of indices into ALPHABET."""
    text = _corpus()[0]
    index = np.zeros(128, np.uint8)
    index[[ord(character) for character in ALPHABET]] = np.arange(VOCABULARY)
    codes = index[np.frombuffer(text.encode("ascii"), np.uint8)]
    return codes[:TRAIN_CHARACTERS], codes[TRAIN_CHARACTERS : TRAIN_CHARACTERS + VALIDATION_CHARACTERS]


def entropy() -> float:
    """Nats per character that a reader who knows the grammar, the words and all earlier text still has to guess."""
    return _corpus()[1]


if __name__ == "__main__":
    print(_corpus()[0][:1500])
    print(f"... {len(_corpus()[0])} characters, entropy {entropy():.4f} nats per character")
