package catalogplan

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// authZEN compares the rules for questions of the AuthZEN API: they change what a question means, and so its answer.
func (d *differ) authZEN() {
	was, is := d.was.AuthZEN(), d.is.AuthZEN()
	d.text(org.CatalogAuthZEN, "authzen.default_organization", was.DefaultOrganization, is.DefaultOrganization)
	old, now := ruleTexts(was.Rewrite), ruleTexts(is.Rewrite)
	moved := len(old) == len(now) && !slices.Equal(old, now)
	for _, r := range old {
		if !slices.Contains(now, r) {
			d.add(org.CatalogDifference{Kind: org.CatalogAuthZEN, What: "authzen.rewrite", From: r})
			moved = false
		}
	}
	for _, r := range now {
		if !slices.Contains(old, r) {
			d.add(org.CatalogDifference{Kind: org.CatalogAuthZEN, What: "authzen.rewrite", To: r})
			moved = false
		}
	}
	if moved { // the first that matches wins
		d.add(org.CatalogDifference{Kind: org.CatalogAuthZEN, What: "authzen.rewrite", To: "another order"})
	}
	d.things(was.Instances, is.Instances)
}

// things compares the things that the catalog lists, type by type.
func (d *differ) things(was, is map[string][]rbac.AuthZENObject) {
	names := slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(is))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if reflect.DeepEqual(was[name], is[name]) {
			continue
		}
		from, to := fmt.Sprintf("%d things", len(was[name])), fmt.Sprintf("%d things", len(is[name]))
		if from == to {
			to = "changed"
		}
		d.text(org.CatalogAuthZEN, "authzen.instances."+name, from, to)
	}
}

// ruleTexts returns rules in readable form.
func ruleTexts(rules []rbac.AuthZENRewrite) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		var when []string
		for _, key := range slices.Sorted(maps.Keys(r.When)) {
			value, _ := json.Marshal(r.When[key]) // a text, a number or a bool
			when = append(when, key+" = "+string(value))
		}
		out[i] = r.Type + ":" + r.Action
		if len(when) > 0 {
			out[i] += " when " + strings.Join(when, " and ")
		}
		out[i] += " is " + r.To
	}
	return out
}
