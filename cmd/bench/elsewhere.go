package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
)

// The rest of a site: the number of other organizations, and of members in each. Every member has two roles.
const (
	otherOrganizations = 100
	membersOfEach      = 1000
)

// Names of figures that bounds refer to.
const (
	review = "dry run of a role that one person holds, a member of 100 organizations"

	assigningApart = "assign, 64 clients over 64 organizations"
)

var whoElsewhere = things.Seeking + ", beside 100 organizations"

// settle creates other organizations without the server, with members and their roles. One account administers them all.
func settle(ctx context.Context, database, everywhere string) error {
	d, err := open(database, url.Values{"_pragma": {"busy_timeout(10000)"}, "_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	defer d.Close()
	// The engine makes the ids. SQLite has no function for them, so they are put together from random digits.
	id := "gen_random_uuid()"
	if !isServer(database) {
		id = "lower(substr(r, 1, 8) || '-' || substr(r, 9, 4) || '-' || substr(r, 13, 4) || '-' || substr(r, 17, 4) || '-' || substr(r, 21, 12))"
	}
	for n := range otherOrganizations {
		if err := settleOne(ctx, d, fmt.Sprint("bench-", n), id, everywhere); err != nil {
			return fmt.Errorf("make another organization: %w", err)
		}
	}
	// The running server has to notice what was written without it.
	_, err = d.ExecContext(ctx, "UPDATE revisions SET value = value + 1")
	return err
}

// settleOne makes one organization in a transaction of its own: PostgreSQL gets slow if one transaction changes rows repeatedly.
func settleOne(ctx context.Context, d *sql.DB, name, id, everywhere string) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	random := "SELECT o.*, 0 AS r FROM organizations o"
	if id != "gen_random_uuid()" {
		random = "SELECT o.*, hex(randomblob(16)) AS r FROM organizations o LIMIT -1 OFFSET 0" // evaluated once, not for each use
	}
	// What a membership copies from its account, for lists. The insert sets the first values.
	const columns = "username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type"
	join := func(which string) string {
		return "INSERT INTO organization_members (organization_id, user_id, version, created_at, updated_at, site_roles, " + columns + `)
			SELECT o.id, u.id, 1, u.created_at, u.updated_at, u.roles, u.username, u.username_key, u.email, u.email_key, u.name, u.name_key,
				u.search_key, u.avatar_url, u.status, u.login_type
			FROM organizations o CROSS JOIN (SELECT * FROM users ` + which + `) u WHERE o.name_key = '` + name + "' ON CONFLICT DO NOTHING"
	}
	give := func(role, who string) string {
		return `INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT m.organization_id, '` + role + `', m.username_key, m.user_id FROM organization_members m
			JOIN organizations o ON o.id = m.organization_id WHERE o.name_key = '` + name + "' " + who
	}
	who := fmt.Sprintf("username_key = '%s'", everywhere)
	for _, statement := range []string{
		`INSERT INTO organizations (id, name, name_key, display_name, description, icon, is_default, created_at, updated_at)
			SELECT ` + id + `, '` + name + `', '` + name + `', '` + name + `', '', '', false, created_at, updated_at
			FROM (` + random + `) o WHERE name_key = 'default'`,
		join(fmt.Sprint("ORDER BY seq LIMIT ", membersOfEach)),
		join("WHERE " + who),
		give("organization-member", ""),
		give(things.Held[0], ""),
		give(things.Held[1], ""),
		give("organization-admin", "AND m."+who),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// measureElsewhere measures requests whose cost must not depend on other organizations. It comes last at each size, since
// the other figures are of a site that has only the organizations of the demo.
func (s *server) measureElsewhere(ctx context.Context, o options, one person) error {
	if err := settle(ctx, s.database, one.Username); err != nil {
		return err
	}
	role := func(action string) string {
		return `{"name":"lone","display_name":"","organization_permissions":[{"resource_type":"` + things.Granted + `","action":"` + action + `","negate":false}]}`
	}
	for _, request := range [][]byte{
		s.send("POST", members+"/roles", role("read")),
		s.send("PUT", members+"/"+one.ID+"/roles", `{"roles":["lone"]}`),
	} {
		// Through the server: the role has to be one that it knows.
		if _, err := once(s.address, request); err != nil {
			return err
		}
	}
	if err := s.measureSpread(ctx, o); err != nil {
		return err
	}
	for _, t := range []*target{
		{name: review, requests: [][]byte{s.send("PUT", members+"/roles?dry_run=1", role("update"))}},
		{name: whoElsewhere, requests: [][]byte{s.get(organization+"/who-can?resource_type="+things.Sought+"&action=delete&limit=25&n="+fresh, asJSON)}},
	} {
		t.address = s.address
		if err := t.sample(ctx, 100, o.patience); err != nil {
			return err
		}
		s.note(t.name+", median", "ms", ms(median(t.times)))
		s.note(t.name+", p99", "ms", ms(quantile(t.times, 0.99)))
	}
	return nil
}

// spread returns assignments that have nothing to do with each other: each client works in another organization.
func (s *server) spread() (*target, error) {
	// As many as clients, so that none waits for another.
	const organizations = 64
	of := func(n int) string { return fmt.Sprintf("/api/v2/organizations/bench-%d", n) }
	body, err := once(s.address, s.get(of(0)+"/paginated-members?limit=100", asJSON))
	if err != nil {
		return nil, err
	}
	var page []struct{ Members []person }
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, err
	}
	// In turn, so that each request goes to another organization than the one before.
	t := &target{name: assigningApart, address: s.address, clients: organizations, inTurn: true}
	for _, role := range things.Given {
		for _, m := range page[0].Members {
			if m.Username == "ada" { // who asks
				continue
			}
			for n := range organizations {
				t.requests = append(t.requests, s.send("PUT", of(n)+"/members/"+m.ID+"/roles", `{"roles":["`+role+`"]}`))
			}
		}
	}
	return t, nil
}

// measureSpread measures the assignments of spread.
func (s *server) measureSpread(ctx context.Context, o options) error {
	t, err := s.spread()
	if err != nil {
		return err
	}
	for range o.rounds + 1 {
		if err := t.measure(ctx, o.turn); err != nil {
			return err
		}
	}
	s.note(t.name, "/s", median(t.rates[1:]))
	return nil
}

// checksAbout returns requests with one check about each of the people. They are about many accounts, since one alone
// would always be in the memory of the server.
func (s *server) checksAbout(people []person) (requests [][]byte, err error) {
	body, err := once(s.address, s.get(organization, asJSON))
	if err != nil {
		return nil, err
	}
	var home struct{ ID string }
	if err := json.Unmarshal(body, &home); err != nil {
		return nil, err
	}
	for _, p := range people {
		requests = append(requests, s.send("POST", "/api/v2/authcheck", fmt.Sprintf(
			`{"user":%q,"checks":{"0":{"object":{"resource_type":%q,"organization_id":%q},"action":"read"}}}`, p.Username, things.Granted, home.ID)))
	}
	return requests, nil
}
