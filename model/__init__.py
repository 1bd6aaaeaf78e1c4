"""The school: data sets, networks, training and its measures."""
