package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/org/unit"
)

// RecoverOwner makes an account an active owner with a password, whatever it was before, and creates it if the name is
// new. Its sessions and tokens end, and its failed logins are cleared. Only those who can write the database file may be
// able to call it. Invalid: an account without a password, or what is wrong with the input.
func (s *Service) RecoverOwner(ctx context.Context, r org.Request, in org.OwnerRecovery) (u org.User, err error) {
	defer org.Wrap(&err, "recover owner")
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return org.User{}, err
	}
	u, _, err = unit.Do(ctx, s.units, s.Operator().WithRequest(r), unit.OnSite, "write", recovery{in, hash}, planRecovery, applyRecovery)
	return u, err
}

// recovery makes an account an owner who can sign in.
type recovery struct {
	org.OwnerRecovery
	hash string // of the password
}

// recovered is such an account, decided but not yet stored: a new one, or one that gets another password.
type recovered struct {
	made     *newAccount
	home     home
	row      db.UserRow // as it was before
	user     org.User   // as it is afterwards
	roles    org.HolderChange
	password passwordChange
	factors  bool // it has second factors, which are deleted
}

// planRecovery checks no right and no guard rail: the operator could write the file as well (E in SECURITY.md).
func planRecovery(ctx context.Context, a *unit.Attempt, in recovery) (r recovered, err error) {
	r.row, err = a.Q.GetUserByUsername(ctx, org.FoldCase(in.Username))
	switch {
	case db.IsNotFound(err):
		return planOwner(ctx, a, in)
	case err != nil:
		return r, err
	case r.row.LoginType != org.LoginPassword:
		refusal := errNoPassword(r.row.LoginType)
		refusal.Detail += " Name another account."
		return r, refusal
	}
	a.About("user", r.row.ID, r.row.Username, uuid.Nil)
	r.password = replaced(a, r.row.ID, in.hash)
	if r.factors, err = hasFactor(ctx, a.Reader, r.row.ID); err != nil {
		return r, err
	}
	return r, grantOwner(ctx, a, &r)
}

// planOwner plans a new account that is an owner.
func planOwner(ctx context.Context, a *unit.Attempt, in recovery) (r recovered, err error) {
	account := org.NewUser{Email: in.Email, Username: in.Username, Password: in.Password, Status: org.StatusActive}
	if err := account.Check(); err != nil {
		return r, err
	}
	if r.home, err = defaultHome(ctx, a); err != nil {
		return r, err
	}
	if err := untaken(ctx, a, account); err != nil {
		return r, err
	}
	made, err := decideAccount(ctx, a, account, in.hash, []db.Organization{r.home.row}, []string{org.RoleOwner})
	r.made, r.row, r.user = &made, made.row, made.user
	return r, err
}

// grantOwner gives the owner role. If another site role of the account denies what an owner must be able to do, the account
// keeps only the owner role.
func grantOwner(ctx context.Context, a *unit.Attempt, r *recovered) error {
	set, err := a.Roles(ctx, uuid.Nil)
	if err != nil {
		return err
	}
	before := unit.RoleNames(set.Refs(r.row.Roles))
	all := before
	if !slices.Contains(before, org.RoleOwner) {
		all = append(slices.Clone(before), org.RoleOwner)
	}
	lasting, err := lastingOwner(ctx, a, r.row.ID, before)
	if err != nil {
		return err
	}
	for _, after := range [][]string{all, {org.RoleOwner}} {
		r.roles = org.HolderChange{User: r.row.ID, Username: r.row.Username, Before: before, After: after, Edits: lasting}
		a.WillHold(r.roles)
		owner, err := a.After().Subject(ctx, r.row.ID)
		if err != nil {
			return err
		}
		if unit.AdministersSite(owner) {
			break
		}
	}
	row := r.row
	row.Status, row.UpdatedAt, row.Version = string(org.StatusActive), a.Now, row.Version+2 // a password, and a status
	row.Roles = strings.Join(r.roles.After, " ")
	if r.changesRoles() {
		row.Version++
	}
	r.user, err = a.User(ctx, row)
	return err
}

// changesRoles reports whether the roles of the account change, or its owner role loses its end.
func (r *recovered) changesRoles() bool {
	return !slices.Equal(r.roles.Before, r.roles.After) || len(r.roles.Edits) > 0
}

// lastingOwner returns the edit that removes the end of an owner role that has one, or has just ended. Otherwise the site would
// soon be where it was before the recovery. It returns nothing for an account without the role, or with one that has no end.
func lastingOwner(ctx context.Context, a *unit.Attempt, user uuid.UUID, before []string) ([]org.RecordEdit, error) {
	if !slices.Contains(before, org.RoleOwner) {
		return nil, nil
	}
	records, err := a.SiteRecords(ctx, user)
	edit := org.RecordEdit{Role: org.RoleOwner, New: &org.Assignment{Role: org.RoleOwner, Source: org.SourceOperator, GivenAt: a.Now}}
	for _, r := range records {
		switch {
		case r.Role != org.RoleOwner:
		case r.Until == nil:
			return nil, err
		case r.Source == org.SourceOperator:
			edit.Gone = append(edit.Gone, r)
		}
	}
	return []org.RecordEdit{edit}, err
}

// applyRecovery clears failed logins first: guesses at an owner must not keep it from signing in now (A10 in SECURITY.md).
func applyRecovery(ctx context.Context, w *unit.Writer, r recovered) (org.User, error) {
	if err := w.W.DeleteLoginFailures(ctx, accountCounter(r.row.Email)); err != nil {
		return r.user, err
	}
	if r.made != nil {
		if err := r.home.store(ctx, w); err != nil {
			return r.user, err
		}
		return r.user, storeAccount(ctx, w, *r.made)
	}
	if err := replacePassword(ctx, w, r.password); err != nil {
		return r.user, err
	}
	if err := deleteFactors(ctx, w, r.row.ID); err != nil { // an owner who has lost them too must get in
		return r.user, err
	}
	if r.factors {
		if err := notifyReset(ctx, w, r.row); err != nil {
			return r.user, err
		}
	}
	w.Field("status", r.row.Status, org.StatusActive)
	if err := w.SetStatus(ctx, r.row.ID, org.Status(r.row.Status), org.StatusActive); err != nil {
		return r.user, err
	}
	if !r.changesRoles() {
		return r.user, nil
	}
	return r.user, w.StoreSiteRoles(ctx, r.roles)
}

// RecordRestore records in the audit trail that a backup replaced the data. It makes every revision newer than floor, the highest
// one of the replaced data, so that everything computed from that data is out of date.
func (s *Service) RecordRestore(ctx context.Context, r org.Request, floor int64) (err error) {
	defer org.Wrap(&err, "record restore")
	_, _, err = unit.Do(ctx, s.units, s.Operator().WithRequest(r), unit.OnSite, "restore", floor+1, planRestore, applyRestore)
	return err
}

// planRestore makes the entry about the database as a whole, which has no id.
func planRestore(_ context.Context, a *unit.Attempt, floor int64) (int64, error) {
	a.About("system", uuid.Nil, "database", uuid.Nil)
	return floor, nil
}

// applyRestore only writes the entry and raises the revisions.
func applyRestore(ctx context.Context, w *unit.Writer, floor int64) (none struct{}, err error) {
	return none, errors.Join(w.Record(ctx), w.Raise(ctx, floor))
}

// CheckIntegrity describes what is wrong with the data as a whole: an audit trail that was tampered with, roles given or taken
// without an entry there, catalogs that contradict each other, clocks that disagree, no owner who can sign in.
func (s *Service) CheckIntegrity(ctx context.Context) (findings []string, err error) {
	defer org.Wrap(&err, "check integrity")
	trail, err := insight.New(s.units).VerifyAudit(ctx, org.VerifyFilter{})
	if err != nil {
		return nil, err
	}
	for _, f := range trail.Findings {
		findings = append(findings, "audit trail: "+f)
	}
	if len(findings) == 0 { // a trail that was tampered with proves nothing
		if findings, err = insight.HandMade(ctx, s.units); err != nil {
			return nil, err
		}
	}
	catalogs, err := insight.CheckCatalogs(ctx, s.units)
	if err != nil || len(catalogs) > 0 { // then nothing can be decided
		return append(findings, catalogs...), err
	}
	skew, err := s.units.DB.Skew(ctx)
	if err != nil {
		return findings, err
	}
	if warning := db.SkewWarning(skew); warning != "" {
		findings = append(findings, warning)
	}
	users, err := s.HasUsers(ctx)
	if err != nil || !users {
		return findings, err
	}
	owners, err := s.CountOwners(ctx)
	if err == nil && owners == 0 {
		findings = append(findings, "no active owner can sign in and manage roles and users: see rolecall help recover-owner")
	}
	return findings, err
}

// CountOwners counts the active accounts that can sign in and may do what an owner must be able to do.
func (s *Service) CountOwners(ctx context.Context) (n int, err error) {
	defer org.Wrap(&err, "count owners")
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		holders, err := src.Q.ListActiveHoldersOfSiteRole(ctx, db.ListActiveHoldersOfSiteRoleParams{Role: org.RoleOwner, Passwords: src.PasswordPolicy(), Providers: src.ProviderList()})
		if err != nil {
			return fmt.Errorf("list owners: %w", err)
		}
		for _, id := range holders {
			owner, err := src.Subject(ctx, id)
			if err != nil {
				return err
			}
			if unit.AdministersSite(owner) {
				n++
			}
		}
		return nil
	})
	return n, err
}
