# METADATA
# scope: package
# title: Data are encrypted where they rest
# description: >-
#   What is not open is encrypted at rest; data about people who could be recognised are so with a key of the lab's
#   own. For these a known lack refuses the store, and so does encryption of which nothing is known: a store can say
#   that it is encrypted. Whose key it is shows only when the place is made, so not knowing it refuses a running
#   store and no planned one.
# custom:
#   id: protection/encrypted_at_rest
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - facts.gate
#     - location.dataset
#     - location.term
#     - location.has
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#   cure: >-
#     Choose a store that is encrypted with a key of the lab's own. An encrypted disk counts where its store says
#     `encrypted: true`.
#   references:
#     - 45 CFR 164.312(a)(2)(iv), encryption and decryption
#     - NIST SP 800-171 3.13.16, protect the confidentiality of data at rest
#     - NIST SP 800-171 3.13.10, manage cryptographic keys
package slidebox.protection.encrypted_at_rest

import data.slidebox.lib.judge
import data.slidebox.lib.needs
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	has := location.has.encryption
	has != true
	some reason in needs.why("encryption", location.dataset, location.term)
	finding := judge.graded(info, severity(location), id, sprintf("%s; %s", [needs.lack(has, "encryption"), reason]))
}

location_findings contains finding if {
	some id, location in input.locations
	location.has.encryption == true
	has := location.has.own_key
	has != true
	some reason in needs.why("own_key", location.dataset, location.term)
	finding := judge.graded(info, key_severity(has), id, sprintf("%s; %s", [needs.lack(has, "own_key"), reason]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

severity(location) := info.severity if {
	sensitivity.effective[location.dataset] in needs.of_people
} else := "warning"

# Nothing can be read of a place that is not there yet.
key_severity(has) := "warning" if {
	has == "unknown"
	input.gate in {"plan", "preview"}
} else := info.severity
