"""Data sets, evaluation and recipes: a technique on a data set, declared."""
