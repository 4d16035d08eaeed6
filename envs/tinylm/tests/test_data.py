"""The corpus is the same everywhere, and its entropy is what the grammar leaves open."""
import hashlib
from collections import Counter
from math import log
from random import Random

import data
import numpy as np


def test_the_corpus_is_the_same_on_every_machine_and_for_every_seed(monkeypatch):
    monkeypatch.setenv("SEED", "7")
    data._corpus.cache_clear()
    train, validation = data.texts()
    assert hashlib.sha256(train.tobytes() + validation.tobytes()).hexdigest() == "071cf7fddd36b5294a7935c15f6c8888f00640cb25a5af80d917a4123dc4f458"


def test_training_and_validation_text_have_their_sizes_and_use_every_character():
    train, validation = data.texts()
    assert (len(train), len(validation)) == (data.TRAIN_CHARACTERS, data.VALIDATION_CHARACTERS)
    assert set(train) == set(validation) == set(range(data.VOCABULARY))


def test_validation_sentences_are_new_apart_from_short_ones():
    train, validation = ("".join(data.ALPHABET[code] for code in text) for text in data.texts())
    sentences = [set(text.replace("\n", " ").split(". ")) for text in (train, validation)]
    assert len(sentences[0] & sentences[1]) < 0.03 * len(sentences[1])


def test_every_word_form_has_one_meaning_so_that_the_text_shows_every_choice():
    language = data.Language(Random(data.CORPUS_SEED))
    forms = Counter(language.articles + language.pronouns + language.prepositions.options)
    forms.update(word for word, _ in language.nouns.options)
    forms.update(word for word, _ in language.times.options)
    forms.update(form for adjective in language.adjectives.options for form in adjective)
    forms.update(form for verb, _ in language.verbs.options for tense in verb for form in tense)
    assert [form for form, count in forms.items() if count > 1] == []


def test_the_entropy_lies_between_zero_and_that_of_single_characters():
    counts = np.bincount(data.texts()[0]) / data.TRAIN_CHARACTERS
    single = -sum(p * log(p) for p in counts)
    assert 0.3 < data.entropy() < 0.5 < single
