package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// Unit is what a transaction may write; of a statement, the transactions that it may run in. The units of organizations
// lock different things, so a statement in the wrong unit changes what another one relies on.
type Unit uint8

// Each table is written in one unit. The exceptions are statements that end access: an account that gains rights loses
// what others could sign in to it with, wherever it gains them.
const (
	OrganizationUnit Unit = 1 << iota // members and roles of one organization
	SiteUnit                          // accounts, tokens, links, site roles, organizations as such
	SignInUnit                        // sessions, failed logins, times of use
)

// String returns the unit as errors name it.
func (u Unit) String() string {
	switch u {
	case OrganizationUnit:
		return "an organization's unit"
	case SiteUnit:
		return "the site's unit"
	case SignInUnit:
		return "a sign-in's unit"
	}
	return "no unit"
}

// roleWriters are the statements that change what a custom role is.
var roleWriters = map[string]bool{"InsertRole": true, "UpdateRole": true, "DeleteRole": true, "InsertPermission": true, "DeletePermission": true, "DeletePermissionsOfRole": true}

// holderWriters are the statements that change who holds a role, or who is a member.
var holderWriters = map[string]bool{"InsertMember": true, "DeleteMember": true, "InsertMembership": true, "InsertMemberRole": true, "DeleteMemberRole": true, "DeleteMemberRecord": true, "DeleteEndedRecords": true, "DeleteRoleFromMembers": true,
	"InsertUserRole": true, "DeleteUserRole": true, "DeleteUserRecord": true, "DeleteEndedSiteRecords": true, "DeleteRoleFromUsers": true, "DeleteUser": true}

// siteWriters are those that change who holds a site role.
var siteWriters = map[string]bool{"InsertUserRole": true, "DeleteUserRole": true, "DeleteUserRecord": true, "DeleteEndedSiteRecords": true, "DeleteRoleFromUsers": true, "DeleteUser": true}

// ErrUnit is the error of a statement in a unit that it does not belong to.
var ErrUnit = errors.New("unit")

// Tx is one transaction. Its Reads and its Writes see the same state; only Writes can change it.
type Tx struct {
	queries *Queries
	head    *Revision
	unit    Unit
	wrote   bool
	refused error // the first refusal: the transaction must not be committed

	wroteRoles   bool
	wroteHolders bool
	wroteSite    bool
}

// Reads returns the queries of the transaction.
func (t *Tx) Reads() Reads { return reads{t.queries} }

// Writes returns the statements that change something.
func (t *Tx) Writes() Writes { return Writes{t} }

// Head returns the row of the scope in revisions as it was locked, nil if it must be read.
func (t *Tx) Head() *Revision { return t.head }

// Wrote reports whether a statement has written, or has tried to.
func (t *Tx) Wrote() bool { return t.wrote }

// WroteRoles reports whether a statement has written what a custom role allows or denies, or has tried to.
func (t *Tx) WroteRoles() bool { return t.wroteRoles }

// WroteHolders reports whether a statement has written who holds a role or is a member, or has tried to.
func (t *Tx) WroteHolders() bool { return t.wroteHolders }

// WroteSiteHolders is WroteHolders for site roles only.
func (t *Tx) WroteSiteHolders() bool { return t.wroteSite }

// enter records that a statement writes, and refuses one of another unit.
func (t *Tx) enter(name string) error {
	t.wrote, t.wroteRoles = true, t.wroteRoles || roleWriters[name]
	t.wroteHolders, t.wroteSite = t.wroteHolders || holderWriters[name], t.wroteSite || siteWriters[name]
	if t.unit == 0 || writers[name]&t.unit != t.unit {
		err := fmt.Errorf("%w: %s in %v", ErrUnit, name, t.unit)
		t.refused = cmp.Or(t.refused, err)
		return err
	}
	return nil
}

// WriteIn runs fn in a transaction that may write what belongs to a scope; see engine. A statement of another unit returns
// ErrUnit, and then the whole transaction changes nothing, even if fn returns nil.
func (d *DB) WriteIn(ctx context.Context, scope Scope, fn func(tx *Tx) error) error {
	return d.write(ctx, scope, func(q *Queries, head *Revision) error {
		t := &Tx{queries: q, head: head, unit: scope.unit()}
		defer func() { t.unit = 0 }() // a write after the end would be in another transaction
		if err := fn(t); err != nil {
			return err
		}
		return t.refused
	})
}

// View runs fn on one snapshot of the data; see engine.Read.
func (d *DB) View(ctx context.Context, fn func(r Reads) error) error {
	return d.Read(ctx, func(q *Queries) error { return fn(reads{d.within(ctx, q)}) })
}

// ViewAside is View on a standby, if there is one; see engine.ReadAside. If it fails while fn runs, [StandbyFailed] says so.
func (d *DB) ViewAside(ctx context.Context, fn func(r Reads) error) error {
	return d.ReadAside(ctx, func(q *Queries) error { return fn(reads{d.within(ctx, q)}) })
}

// Ask runs fn on what is committed: each of its queries sees what is committed at that moment. On a server that is one round trip
// per query, where a snapshot takes three; it waits for its turn like a snapshot.
func (d *DB) Ask(ctx context.Context, fn func(r Reads) error) error {
	return d.engine.Ask(ctx, func(q *Queries) error { return fn(reads{q}) })
}

// named prefixes an error with the name of its query.
func named(query string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", query, err)
}
