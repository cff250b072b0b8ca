"""Words that pets are named with."""

# ruff: noqa: SIM905  a line of words is easier to read and to extend than a column of quotes

ADVERBS = tuple("actually boldly calmly clearly duly gladly happily kindly lightly newly promptly quietly really".split())
ADJECTIVES = tuple("brave calm clever eager fair gentle happy keen kind lively merry noble proud quick wise".split())
ANIMALS = tuple("badger beaver crane dolphin falcon ferret heron ibex lynx marten otter puffin raven seal wren".split())
