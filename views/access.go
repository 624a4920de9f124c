package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
)

// Access is a table of records: each role that an account has in one place, with its reason, source, start and end.
type Access struct {
	Organization string // name of the organization; "" for the site
	Username     string
	Records      []org.Assignment
	Roles        []org.RoleRef // what the roles are called, and which are built in
	LinkRoles    bool          // the caller may open roles
	LinkPeople   bool          // and accounts
	CanChange    bool          // and change records of roles
	CanEndAll    bool          // and that of the membership
	Back         string        // as in MemberRowView
	Names        SourceNames
	Now          time.Time
}

// sorted returns the records by role, the membership last.
func (a Access) sorted() []org.Assignment {
	list := slices.Clone(a.Records)
	slices.SortStableFunc(list, func(x, y org.Assignment) int {
		if d := cmp.Compare(last(isMembership(x)), last(isMembership(y))); d != 0 {
			return d
		}
		return cmp.Or(strings.Compare(x.Role, y.Role), strings.Compare(string(x.Source), string(y.Source)))
	})
	return list
}

// last compares for sorting: what is so comes after what is not.
func last(so bool) int {
	if so {
		return 1
	}
	return 0
}

// isMembership reports whether the record is the membership itself.
func isMembership(r org.Assignment) bool { return r.Role == org.RoleOrganizationUser }

// ref returns the role of a record for display.
func (a Access) ref(r org.Assignment) org.RoleRef {
	for _, ref := range a.Roles {
		if ref.Name == r.Role {
			return ref
		}
	}
	return org.RoleRef{Name: r.Role, DisplayName: r.DisplayName, OrganizationID: r.OrganizationID, BuiltIn: true}
}

// canChange reports whether the caller may change a record. Records from elsewhere are changed there.
func (a Access) canChange(r org.Assignment) bool {
	if isMembership(r) {
		return a.CanEndAll && !r.Source.Synced()
	}
	return a.CanChange && !r.Source.Synced()
}

// editURL returns the URL of the form of a record.
func (a Access) editURL(r org.Assignment) string {
	return WithBack(EditRecordURL(a.Organization, a.Username, r.Role), a.Back)
}

// endOf returns the end of a record, the zero time if it has none.
func endOf(r org.Assignment) time.Time {
	if r.Until == nil {
		return time.Time{}
	}
	return *r.Until
}

// syncedFrom names the providers and directories among the sources of records, each once.
func syncedFrom(records []org.Assignment, names SourceNames) []string {
	var out []string
	for _, r := range records {
		if label := names.of(r.Source); r.Source.Synced() && !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return out
}
