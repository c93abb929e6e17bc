"""Wire-level fakes of vendors' systems: they speak the vendor's protocol and keep its rules, as far as these are known."""
