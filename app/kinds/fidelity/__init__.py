"""The fidelity passport: which field of which kind is simulated, by whom, and what witnesses it.

One file per family of kinds holds the claims, `behaviours.py` what no field stands for; `passport.py` reads them.
What nobody claims is stored. tests/kinds/test_fidelity.py keeps claims honest in both directions.
"""
