"""What every golden path stands on: context, profiles, specs, names, labels, connections and the component base."""
