# METADATA
# scope: package
# title: All rules together
# description: >-
#   Collects what every rule says at the gate where it is asked, with the waivers that hold. A rule is found by its
#   place, `policies/<topic>/<rule>.rego`, so that a new rule cannot be forgotten here; a lab's own rules are
#   packages below `lab`, and can only say more.
package main

import data.slidebox.lib.explained as effective
import data.slidebox.lib.shape
import data.waivers.waiver_holds

# METADATA
# title: Findings about one location, judged with its dataset alone
# entrypoint: true
location_findings contains waived(finding) if {
	some topic, rule
	asked(data.slidebox[topic][rule].info)
	some finding in data.slidebox[topic][rule].location_findings
}

location_findings contains waived(signed(finding, rule)) if {
	some rule
	asked(data.lab[rule].info)
	some finding in data.lab[rule].location_findings
}

# METADATA
# title: Findings about a dataset as it is declared, judged with its ancestors
# entrypoint: true
declared_findings contains waived(finding) if {
	some topic, rule
	asked(data.slidebox[topic][rule].info)
	some finding in data.slidebox[topic][rule].declared_findings
}

declared_findings contains waived(signed(finding, rule)) if {
	some rule
	asked(data.lab[rule].info)
	some finding in data.lab[rule].declared_findings
}

declared_findings contains finding if some finding in waiver_holds.declared_findings

# METADATA
# title: Findings about all locations that hold a dataset together
# entrypoint: true
together_findings contains waived(finding) if {
	some topic, rule
	asked(data.slidebox[topic][rule].info)
	some finding in data.slidebox[topic][rule].together_findings
}

together_findings contains waived(signed(finding, rule)) if {
	some rule
	asked(data.lab[rule].info)
	some finding in data.lab[rule].together_findings
}

# METADATA
# title: Findings about datasets
# entrypoint: true
dataset_findings := declared_findings | together_findings

# METADATA
# title: Findings that one location alone can show
# entrypoint: true
alone_findings := location_findings | declared_findings

# METADATA
# title: All findings
# entrypoint: true
findings := location_findings | dataset_findings

# METADATA
# title: What holds for each dataset, and where it comes from
# entrypoint: true
explained := effective.datasets

# METADATA
# title: What each rule says about itself
# entrypoint: true
catalogue contains info if {
	some topic, rule
	info := data.slidebox[topic][rule].info
}

catalogue contains waiver_holds.info

# A rule is asked at the gates it names; at a gate that is not known, every rule is.
asked(info) if input.gate in info.gates

asked(_) if not known_gate(input)

# A lab's own rule speaks in its own name, whatever name it gives.
signed(finding, rule) := object.union(finding, {"rule": sprintf("lab/%s", [rule])})

known_gate(facts) if facts.gate in shape.gates

waived(finding) := object.union(finding, {"waived": waiver_holds.words(finding)})
