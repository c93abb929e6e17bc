"""The demonstration on real systems: BottleCRM and Tryton in the place of the sandbox."""
