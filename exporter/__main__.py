"""`python -m exporter` is the same program as the `wexport` command."""

from exporter.cli.main import main

if __name__ == "__main__":
    main()
