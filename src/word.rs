//! A word that could not be read: what it was, what was expected, what was probably meant.
