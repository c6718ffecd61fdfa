# METADATA
# scope: package
# title: A service account has an owner
# description: >-
#   Behind each service account stands a person of the lab who is still there. One that has access anywhere is declared
#   in lab.yaml, and from its own last day on it has access no more.
# custom:
#   id: access/service_accounts_have_owner
#   severity: error
#   scope: [location, service]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - facts.now
#     - location.readers
#     - service.owner
#     - service.until
#     - person.organisation
#     - person.left
#   cure: Declare the service account in lab.yaml with an owner who is in the lab, or delete it.
#   references:
#     - NIST SP 800-171 3.5.1, processes that act on behalf of users are identified
#     - NIST SP 800-53 AC-2, account management
package slidebox.access.service_accounts_have_owner

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	some reader in location.readers
	reason := unfit[reader.principal]
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can %s, and %s", [
			reader.principal,
			concat(", ", reader.actions),
			reason,
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some name, service in input.services
	some fault in faults(service.owner)
	finding := judge.finding(info, sprintf("service:%s", [name]), fault)
}

declared_findings contains finding if some finding in judge.unread_of(info, "services")

# Service accounts that have access somewhere and should not, with the reason.
unfit := {principal: reason |
	some principal in {reader.principal | some location in input.locations; some reader in location.readers}
	startswith(principal, "service:")
	reason := why(trim_prefix(principal, "service:"))
}

why(name) := "is not declared" if not input.services[name]

why(name) := sprintf("its access ended on %s", [until]) if {
	until := input.services[name].until
	until <= input.now
}

faults("none") := {"nobody owns it"}

faults(owner) := {"its owner is not declared"} if {
	owner != "none"
	not input.people[owner]
}

faults(owner) := strange(owner) | left(owner) if {
	owner != "none"
	input.people[owner]
}

strange(owner) := {sprintf("its owner %s is of %s", [owner, organisation]) |
	organisation := input.people[owner].organisation
	organisation != "lab"
}

left(owner) := {sprintf("its owner %s left on %s", [owner, day]) |
	day := audience.departed[sprintf("person:%s", [owner])]
}
