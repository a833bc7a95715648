"""wexport.yaml and environment variables -> frozen Settings.

document   YAML text -> plain data with the line of every key; the only place that knows PyYAML
settings   what the file may say: the keys, their types, their defaults
load       finding the file, reading it, and saying what is wrong with it
tokens     tokens come from the environment; the file only names the variables
effective  every value in force with where it comes from, for `wexport config show`
template   the commented file that `wexport init` writes
"""
