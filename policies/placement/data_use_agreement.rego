# METADATA
# scope: package
# title: Other people's services need a data-use agreement
# description: >-
#   A service that neither the lab nor its institution runs takes identifiable and coded data only under a data-use
#   agreement with whoever runs it.
# custom:
#   id: placement/data_use_agreement
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.store
#     - location.system
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#     - store.data_use_agreement
#   cure: >-
#     Choose a store of the lab or its institution, or sign an agreement and say `data_use_agreement: true`.
#   references:
#     - 45 CFR 164.502(e), 164.504(e), business associates
#     - 45 CFR 164.514(e)(4), data use agreement for a limited data set
package slidebox.placement.data_use_agreement

import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	not location.system in systems.own
	not agreed(input.stores[location.store])
	effective := object.get(sensitivity.effective, location.dataset, "unknown")
	effective in {"identifiable", "unknown", "coded"}
	not determined(location.dataset, effective)
	finding := judge.finding(info, id, sprintf(
		"%s has no data-use agreement and takes no %s data; %s",
		[location.store, effective, sensitivity.cause(location.dataset)],
	))
}

location_findings contains finding if some finding in judge.unread_locations(info)

# Coded data that are recorded as de-identified are no longer protected health information.
determined(id, "coded") if id in sensitivity.deidentified

agreed(store) if store.data_use_agreement == true
