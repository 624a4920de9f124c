package insight

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Decisions depend on the stored catalogs and on the steps between them: a step that does not fit its documents
// would change the meaning of old roles.

// CheckCatalogs reports, in words, what is wrong with the versions of the catalog. A database that no server has used yet
// has none, which is fine.
func CheckCatalogs(ctx context.Context, s *unit.Units) (findings []string, err error) {
	err = s.Moment(ctx, nil, func(src unit.Reader) error {
		history, err := src.Q.ListCatalogHistory(ctx)
		if err != nil || len(history) == 0 {
			return err
		}
		c := catalogCheck{stored: map[int64]bool{}, documents: map[int64]*rbac.Document{}}
		for i, h := range history {
			row, err := src.Q.GetCatalogVersion(ctx, h.Version)
			if err != nil {
				return err
			}
			if h.Version != int64(i)+1 {
				c.found("version %d follows version %d", h.Version, i)
			}
			c.look(&row)
		}
		used, err := src.Q.ListCatalogsInUse(ctx)
		for _, number := range used {
			if !c.stored[number] {
				c.found("version %d is in use and is not there", number)
			}
		}
		findings = c.findings
		return err
	})
	return findings, err
}

// CountDead counts stored names that mean nothing in the catalog in force. That is no damage: whoever applied the catalog chose
// to leave them, and the next save of each role and each member drops them.
func (s *Service) CountDead(ctx context.Context) (n org.DeadCount, err error) {
	defer org.Wrap(&err, "count what the catalog left behind")
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		history, err := src.Q.ListCatalogHistory(ctx)
		if err != nil || len(history) == 0 { // no server has used it yet
			return err
		}
		if err := src.Settle(ctx); err != nil { // without roles, no row of theirs says which catalog is in force
			return err
		}
		places, err := src.Q.ListPlacesOfRoles(ctx)
		if err != nil {
			return err
		}
		for _, place := range places {
			set, err := src.Roles(ctx, place.UUID)
			if err != nil {
				return err
			}
			for i := range set.List {
				n.Permissions += int64(len(set.List[i].Dead))
			}
		}
		onSite, err := src.Q.CountUserRoles(ctx)
		if err != nil {
			return err
		}
		retired := src.Catalog().Document().RetiredRoles
		for _, r := range onSite {
			if slices.Contains(retired, r.Role) {
				n.Assignments += r.Users
			}
		}
		for _, name := range retired {
			counts, err := src.Q.ListRoleCounts(ctx, name)
			if err != nil {
				return err
			}
			for _, c := range counts {
				n.Assignments += c.Members
			}
		}
		return nil
	})
	return n, err
}

// catalogCheck checks the versions from the first on.
type catalogCheck struct {
	stored    map[int64]bool
	documents map[int64]*rbac.Document // those that could be parsed
	findings  []string
}

func (c *catalogCheck) found(format string, args ...any) {
	c.findings = append(c.findings, "catalog: "+fmt.Sprintf(format, args...))
}

// look checks one version, and the step that leads to it.
func (c *catalogCheck) look(row *db.CatalogVersion) {
	c.stored[row.Version] = true
	hash := sha256.Sum256([]byte(row.Document))
	if string(row.Hash) != string(hash[:]) {
		c.found("the document of version %d is not the one that its hash stands for", row.Version)
	}
	d, err := rbac.ParseDocument([]byte(row.Document))
	if err == nil {
		_, err = rbac.NewVersion(d, row.Version)
	}
	if err == nil {
		err = numbersOf(d)
	}
	if err != nil {
		c.found("version %d: %v", row.Version, err)
		return
	}
	c.documents[row.Version] = d
	before := c.documents[row.Version-1]
	if row.Version == 1 {
		before = &rbac.Document{}
	}
	var steps rbac.Steps
	if err := json.Unmarshal([]byte(row.Steps), &steps); err != nil {
		c.found("the steps to version %d cannot be read: %v", row.Version, err)
	} else if before != nil && !reflect.DeepEqual(steps, rbac.StepsBetween(before, d)) {
		c.found("the steps to version %d do not lead from the version before it", row.Version)
	}
	if row.SameAs.Valid && (row.SameAs.Int64 >= row.Version || !c.stored[row.SameAs.Int64]) {
		c.found("version %d goes back to version %d, which is not before it", row.Version, row.SameAs.Int64)
	}
}

// numbersOf rejects pairs that share a number, or whose number was never assigned.
func numbersOf(d *rbac.Document) error {
	seen := map[int]bool{}
	for _, t := range d.Types {
		for _, a := range t.Actions {
			switch {
			case seen[a.Number]:
				return fmt.Errorf("number %d is that of two pairs", a.Number)
			case a.Number < 0 || a.Number >= d.Numbers:
				return errors.New("a pair has a number that was never given")
			}
			seen[a.Number] = true
		}
	}
	return nil
}
