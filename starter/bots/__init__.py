"""The people of the demonstration: sales, approvers, operators, warehouse and customers, as the scenario says."""
