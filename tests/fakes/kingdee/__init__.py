"""A server that speaks the wire protocol of Kingdee K3Cloud, with its documents, states and refusals."""
