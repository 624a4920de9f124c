package account

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/catalogplan"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Catalog returns the catalog in force. Everyone who is signed in may read it.
func (s *Service) Catalog(ctx context.Context, subject *org.Actor) (v org.CatalogVersion, err error) {
	defer org.Wrap(&err, "read catalog")
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		v, err = src.VersionOfCatalog(ctx, src.Catalog().Version())
		return err
	})
	return v, err
}

// CatalogInForce returns the content of the catalog in force, for answers that need no sign-in.
func (s *Service) CatalogInForce(ctx context.Context) (_ *rbac.Catalog, err error) {
	defer org.Wrap(&err, "read catalog")
	return s.units.InForce(ctx)
}

// CatalogAtHand returns from memory the catalog that was read last, or the one built into the program. Another one may be in
// force by now.
func (s *Service) CatalogAtHand() *rbac.Catalog { return s.units.CatalogAtHand() }

// CatalogVersion returns a version of the catalog. NotFound: no version has this number.
func (s *Service) CatalogVersion(ctx context.Context, subject *org.Actor, number int64) (v org.CatalogVersion, err error) {
	defer org.Wrap(&err, "read version %d of the catalog", number)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil { // after this the first version is stored
			return err
		}
		v, err = src.VersionOfCatalog(ctx, number)
		return err
	})
	return v, err
}

// CatalogVersions lists every version of the catalog, newest first, without their content.
func (s *Service) CatalogVersions(ctx context.Context, subject *org.Actor) (list []org.CatalogVersion, err error) {
	defer org.Wrap(&err, "list versions of the catalog")
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		list, err = src.CatalogHistory(ctx)
		return err
	})
	return list, err
}

// nextCatalog is the version that a change asks for: new content, or that of an earlier version.
type nextCatalog struct {
	change  *org.CatalogChange // nil: back is set
	back    *org.CatalogRollback
	source  string
	note    string
	ifMatch org.Versions
	empty   bool // only if there is no account yet
}

func changeOf(in org.CatalogChange) nextCatalog {
	return nextCatalog{change: &in, source: in.Source, note: in.Note, ifMatch: in.IfMatch}
}

func rollbackOf(in org.CatalogRollback) nextCatalog {
	return nextCatalog{back: &in, note: in.Note, ifMatch: in.IfMatch}
}

// ApplyCatalog puts another catalog in force. A document equal to the stored one changes nothing. A dry run only returns the
// plan.
// Forbidden: the caller is no site owner. Invalid: what is wrong with the document, each with its path. Conflict: another
// version than IfMatch names is in force; another product's catalog without Replace; a new built-in role has the name of a
// custom one; what is in use would go without being named in Retire (org.CatalogInUseError).
func (s *Service) ApplyCatalog(ctx context.Context, subject *org.Actor, in org.CatalogChange) (_ org.CatalogOutcome, err error) {
	defer org.Wrap(&err, "apply catalog")
	return s.applyNext(ctx, subject, changeOf(in), in.DryRun)
}

// RollbackCatalog puts the content of an earlier version in force, as a new version. What was written under the earlier or the
// current one keeps its meaning. NotFound: no such version. Other errors as ApplyCatalog.
func (s *Service) RollbackCatalog(ctx context.Context, subject *org.Actor, in org.CatalogRollback) (_ org.CatalogOutcome, err error) {
	defer org.Wrap(&err, "roll the catalog back to version %d", in.Version)
	return s.applyNext(ctx, subject, rollbackOf(in), in.DryRun)
}

// FillCatalog puts a catalog in force if there is no account yet, whichever product it describes: servers that start with
// different files must not flip the catalog of a running site back and forth. differs says that the catalog is not the one
// that was in force.
func (s *Service) FillCatalog(ctx context.Context, in org.CatalogChange) (filled, differs bool, err error) {
	defer org.Wrap(&err, "fill catalog")
	in.Replace = true
	next, operator := changeOf(in), s.Operator()
	next.empty = true
	err = s.units.Moment(ctx, operator, func(src unit.Reader) error {
		v, err := begin(ctx, src, operator, next)
		if differs = !v.Unchanged; err != nil || !differs {
			return err
		}
		filled, err = v.unfilled(ctx, src)
		return err
	})
	if err != nil || !filled {
		return false, differs, err
	}
	out, err := s.applyNext(ctx, operator, next, false)
	return err == nil && !out.Unchanged, differs, err
}

// EachByCatalog passes every custom role that the change would touch to role, and then everyone who would gain or lose something
// to person. n is how many times it called person. Errors as ApplyCatalog in a dry run, before the first role. An error from
// either function stops it.
func (s *Service) EachByCatalog(ctx context.Context, subject *org.Actor, in org.CatalogChange, role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (n int64, err error) {
	defer org.Wrap(&err, "list whom a catalog affects")
	return s.eachByNext(ctx, subject, changeOf(in), role, person)
}

// EachByRollback is EachByCatalog for a rollback.
func (s *Service) EachByRollback(ctx context.Context, subject *org.Actor, in org.CatalogRollback, role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (n int64, err error) {
	defer org.Wrap(&err, "list whom a rollback of the catalog affects")
	return s.eachByNext(ctx, subject, rollbackOf(in), role, person)
}

func (s *Service) eachByNext(ctx context.Context, subject *org.Actor, in nextCatalog, role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (n int64, err error) {
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		c, err := begin(ctx, src, subject, in)
		if err == nil {
			n, err = catalogplan.Each(ctx, src.Q, c.Change, role, person)
		}
		return err
	})
	return n, err
}
