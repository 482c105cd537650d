import replica.timing  # noqa: F401  (first: it notes the time)
from replica.cli import main

main()
