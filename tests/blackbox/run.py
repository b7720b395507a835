"""Runs the black-box tests named (or all) and ends with one line of counts."""
import pathlib
import sys
import unittest


def discovered(loader):
    """All but what needs a PostgreSQL server."""
    names = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("test_*.py"))
    return loader.loadTestsFromNames([name for name in names if name != "test_postgres"])


def main():
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(sys.argv[1:]) if sys.argv[1:] else discovered(loader)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = len({str(test) for test, _ in result.failures + result.errors})
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    print(f"blackbox: {result.testsRun - bad - len(result.skipped)} passed, {bad} failed")
    sys.exit(1 if bad else 0)


main()
