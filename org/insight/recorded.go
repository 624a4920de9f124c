package insight

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org/unit"
)

// Anyone who can write to the database can give roles without the program. The audit trail has every role that was given and
// taken, so what is stored can be compared with it.

// maxTold is how many differences are reported individually.
// The rest are counted: a single manual statement can change every row.
const maxTold = 20

// recordKey is an account with its site roles, or a membership.
type recordKey struct{ user, org uuid.UUID } // org is uuid.Nil for the site

// homeRole is a custom role by its name.
type homeRole struct {
	org  uuid.UUID // uuid.Nil for the site
	name string
}

// record is what the audit trail says about the roles of some accounts.
type record struct {
	deleted map[homeRole]int64             // the entry of the last deletion
	made    map[uuid.UUID]bool             // accounts created in the trail: it has all their memberships
	given   map[recordKey]map[string]int64 // the entry that gave each role; unknown holders are missing
}

// HandMade compares the roles of every account and membership with the audit trail and reports each difference in words.
// It leaves out what is older than the trail.
// It is for the operator, so it checks no permission. A difference is no error: an error means that the comparison failed.
func HandMade(ctx context.Context, s *unit.Units) (findings []string, err error) {
	// Across two snapshots, a change between them would look like one made by hand.
	err = s.Moment(ctx, nil, func(src unit.Reader) error {
		q := src.Q
		d := differences{Reader: src, ctx: ctx}
		// A deleted role has one entry, not one per holder, so deletions are read separately.
		deletions, err := q.ListRoleDeletions(ctx)
		if err != nil {
			return fmt.Errorf("list deleted roles: %w", err)
		}
		deleted := make(map[homeRole]int64, len(deletions))
		for _, r := range deletions {
			deleted[homeRole{r.OrganizationID.UUID, r.ResourceTarget}] = r.Seq
		}
		after := ""
		// The trail of some accounts fits in memory; that of all might not.
		for {
			accounts, err := q.ListSiteHoldings(ctx, db.ListSiteHoldingsParams{AfterKey: after, MaxRows: unit.ChunkSize})
			if err != nil || len(accounts) == 0 {
				findings = d.words()
				return err
			}
			after = accounts[len(accounts)-1].UsernameKey
			if err := d.compare(accounts, deleted); err != nil {
				return err
			}
		}
	})
	return findings, err
}

// differences collects how stored roles differ from what the trail says about them.
type differences struct {
	unit.Reader
	ctx   context.Context //nolint:containedctx // one comparison, made and dropped in one call
	found []string        // no more than maxTold
	more  int
}

// compare compares some accounts and their memberships.
func (d *differences) compare(accounts []db.ListSiteHoldingsRow, deleted map[homeRole]int64) error {
	ids, usernames := make([]uuid.UUID, len(accounts)), make(map[uuid.UUID]string, len(accounts))
	for i, a := range accounts {
		ids[i], usernames[a.ID] = a.ID, a.Username
	}
	r := record{deleted: deleted, made: map[uuid.UUID]bool{}, given: map[recordKey]map[string]int64{}}
	if err := r.read(d.ctx, d.Q, ids); err != nil {
		return err
	}
	for _, a := range accounts {
		if err := d.compareOne(&r, recordKey{user: a.ID}, a.Username, a.Roles); err != nil {
			return err
		}
	}
	memberships, err := d.Q.ListMembershipsOfUsers(d.ctx, ids)
	for _, m := range memberships {
		if err := d.compareOne(&r, recordKey{m.UserID, m.OrganizationID}, usernames[m.UserID], m.Roles); err != nil {
			return err
		}
	}
	return err
}

// compareOne compares what an account holds on the site, or in one organization, with what it was given there.
// It reports both roles that were added and roles that were removed.
func (d *differences) compareOne(r *record, k recordKey, username, roles string) error {
	given, known := r.given[k]
	// The holder is older than the trail, which says nothing about it.
	if !known && !r.made[k.user] {
		return nil
	}
	stored := strings.Fields(roles)
	for _, name := range stored {
		if !r.holds(k, name) {
			if err := d.add(k, username+" has "+name, "gave"); err != nil {
				return err
			}
		}
	}
	// Sorted, so that two runs report the same.
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if r.holds(k, name) && !slices.Contains(stored, name) {
			if err := d.add(k, username+" no longer has "+name, "took"); err != nil {
				return err
			}
		}
	}
	return nil
}

// add reports a difference, with its table. Beyond maxTold it only counts.
func (d *differences) add(k recordKey, what, never string) error {
	if len(d.found) == maxTold {
		d.more++
		return nil
	}
	table := "user_roles"
	if k.org != uuid.Nil {
		table = "member_roles"
		o, err := d.Q.GetOrganization(d.ctx, k.org)
		if err != nil {
			return err
		}
		what += " in " + o.Name
	}
	d.found = append(d.found, fmt.Sprintf("%s: %s, and the audit trail never %s it", table, what, never))
	return nil
}

// words returns what was found, and how much was left out.
func (d *differences) words() []string {
	if d.more > 0 {
		return append(d.found, fmt.Sprintf("user_roles, member_roles: %d more differences from the audit trail", d.more))
	}
	return d.found
}

// read reads what the trail says about some accounts.
// The oldest entry comes first: what the last one left is what should be stored.
func (r *record) read(ctx context.Context, q db.Reads, users []uuid.UUID) error {
	p := db.ListRoleEntriesParams{ResourceIds: make([]string, len(users))}
	for i, id := range users {
		p.ResourceIds[i] = id.String()
	}
	for {
		entries, err := q.ListRoleEntries(ctx, p)
		if err != nil {
			return fmt.Errorf("list entries about roles: %w", err)
		}
		if len(entries) == 0 {
			return nil
		}
		for _, e := range entries {
			if err := r.follow(e); err != nil {
				return fmt.Errorf("audit entry %d: %w", e.Seq, err)
			}
			p.AfterSeq = e.Seq
		}
	}
}

// rolesChange is the roles of a holder before and after a change, nil if there was no membership.
type rolesChange struct{ Old, New []string }

// follow takes the next entry of the trail into account.
// The fields are those of docs/spec/audit.md, as org/tenant and org/account record them.
func (r *record) follow(e db.ListRoleEntriesRow) error {
	var fields struct {
		Username  struct{ Old, New *string } `json:"username"`
		Roles     *rolesChange               `json:"roles"`
		SiteRoles *rolesChange               `json:"rbac_roles"`
	}
	if err := json.Unmarshal([]byte(e.Changes), &fields); err != nil {
		return err
	}
	k, change := recordKey{unit.ParseID(e.ResourceID), e.OrganizationID.UUID}, fields.Roles
	// Site roles belong to no organization, whatever the entry says.
	if e.ResourceType == "user" {
		k.org, change = uuid.Nil, fields.SiteRoles
	}
	if fields.Username.Old == nil && fields.Username.New != nil { // a new account or membership, with no roles
		r.given[k] = map[string]int64{}
		r.made[k.user] = r.made[k.user] || e.ResourceType == "user"
	}
	if change != nil {
		r.change(k, e.Seq, *change)
	}
	return nil
}

// change counts only what an entry itself gave and took: a role added by hand appears on both sides
// of the next change, and still was not given.
func (r *record) change(k recordKey, seq int64, c rolesChange) {
	held, known := r.given[k]
	// This is the trail's first entry about the holder, so the roles it found count as given.
	if !known {
		held = map[string]int64{}
		for _, name := range c.Old {
			held[name] = seq
		}
		r.given[k] = held
	}
	for _, name := range c.New {
		if !slices.Contains(c.Old, name) {
			held[name] = seq
		}
	}
	for _, name := range c.Old {
		if !slices.Contains(c.New, name) {
			delete(held, name)
		}
	}
}

// holds reports whether a role was given and not taken. The deletion of a role takes it from everybody, without an entry
// per holder.
// If it was given later, it is a new role with that name (T19 in docs/spec/threats.md).
func (r *record) holds(k recordKey, name string) bool {
	seq, given := r.given[k][name]
	return given && seq > r.deleted[homeRole{k.org, name}]
}
