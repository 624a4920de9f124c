package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// A rule of a directory or a provider outlives the role that it gives, and gives whatever role has the name later. So creating a
// role with a name that rules use counts as making those rules: otherwise someone who may create roles but not give them could
// have them given (T19 in docs/spec/threats.md). Only owners create roles of the site, and they may make any rule.

// mayBeGiven refuses a new role that rules would give, if the caller could not make them. Forbidden. Call WillStore first.
func (d *roleDraft) mayBeGiven(ctx context.Context, r org.Role) error {
	if d.home.Site() {
		return nil
	}
	ruled, err := d.isRuled(ctx, r)
	if err != nil || !ruled {
		return err
	}
	set, err := d.After().Roles(ctx, d.home.Org.ID)
	if err != nil {
		return err
	}
	why := unit.RuleRefusal(d.Actor, d.home.Object, set.ByName[r.Name])
	if why == "" {
		return nil
	}
	return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
		Detail: fmt.Sprintf("Rules of a directory or of a sign-in provider give a role named %s, and would give this one. %s.", r.Name, why)}
}

// isRuled reports whether a rule gives a role of that name in the organization.
func (d *roleDraft) isRuled(ctx context.Context, r org.Role) (bool, error) {
	rules, err := d.Q.ListDirectoryRules(ctx, r.OrganizationID)
	if err != nil || slices.ContainsFunc(rules, func(rule db.DirectoryRule) bool { return rule.Role == r.Name }) {
		return err == nil, err
	}
	mappings, err := d.Q.ListSyncMappings(ctx, unit.NullID(r.OrganizationID))
	if err != nil {
		return false, err
	}
	for _, text := range mappings {
		var mapping map[string][]string
		if err := json.Unmarshal([]byte(text), &mapping); err != nil {
			return false, fmt.Errorf("a mapping of claims in %s: %w", r.OrganizationID, err)
		}
		for _, names := range mapping {
			if slices.Contains(names, r.Name) {
				return true, nil
			}
		}
	}
	return false, nil
}
