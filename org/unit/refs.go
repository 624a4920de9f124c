package unit

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// maxRef is the longest text that can name anything: longer ones are neither looked up nor remembered.
const maxRef = 320

// refKey returns the key under which what a text names in a state of the site is remembered. Every change of a name changes
// that state.
func refKey(ref string, site int64) string {
	return strconv.FormatInt(site, 36) + " " + org.FoldCase(ref)
}

// AccountsAt returns the accounts that some texts name in a state of the site: ids, usernames and e-mail addresses, in any case.
// It takes one query at most. uuid.Nil: no such account. An id is returned even if no account has it. rows is what was read of
// those that had to be looked up.
func (s Reader) AccountsAt(ctx context.Context, refs []string, site int64) (ids map[string]uuid.UUID, rows map[uuid.UUID]db.UserRow, err error) {
	ids, rows = make(map[string]uuid.UUID, len(refs)), map[uuid.UUID]db.UserRow{}
	var p db.ListUsersNamedParams
	var unknown []string
	for _, ref := range refs {
		if id, err := uuid.Parse(ref); err == nil {
			ids[ref] = id
		} else if len(ref) > maxRef {
			ids[ref] = uuid.Nil
		} else if id, ok := s.Memory.accounts.Recall(refKey(ref, site)); ok && site != 0 {
			ids[ref] = id
		} else if key := org.FoldCase(ref); strings.Contains(ref, "@") {
			unknown, p.Emails = append(unknown, ref), append(p.Emails, key)
		} else {
			unknown, p.Usernames = append(unknown, ref), append(p.Usernames, key)
		}
	}
	if len(unknown) == 0 {
		return ids, rows, nil
	}
	found, err := s.Q.ListUsersNamed(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	byKey := make(map[string]uuid.UUID, 2*len(found))
	for i := range found {
		row := &found[i].UserRow
		rows[row.ID], byKey[row.UsernameKey] = *row, row.ID
		// Usernames have no "@", and addresses have one, so neither can be taken for the other.
		if strings.Contains(found[i].EmailKey, "@") {
			byKey[found[i].EmailKey] = row.ID
		}
	}
	for _, ref := range unknown {
		ids[ref] = byKey[org.FoldCase(ref)]
		s.Memory.accounts.Remember(refKey(ref, site), ids[ref])
	}
	return ids, rows, nil
}

// OrganizationsAt returns the organizations that some texts name in a state of the site, whoever may read them, in one query at
// most; uuid.Nil where none has that name.
func (s Reader) OrganizationsAt(ctx context.Context, refs []string, site int64) (map[string]uuid.UUID, error) {
	ids := make(map[string]uuid.UUID, len(refs))
	var p db.ListOrganizationsNamedParams
	var unknown []string
	for _, ref := range refs {
		if id, ok := s.Memory.homes.Recall(homeKey(ref, site)); ok && site != 0 {
			ids[ref] = id
			continue
		}
		if len(ref) > maxRef {
			ids[ref] = uuid.Nil
			continue
		}
		unknown = append(unknown, ref)
		if id, err := uuid.Parse(ref); err == nil {
			p.Ids = append(p.Ids, id)
		} else {
			p.Names = append(p.Names, org.FoldCase(ref))
		}
	}
	if len(unknown) == 0 {
		return ids, nil
	}
	found, err := s.Q.ListOrganizationsNamed(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, ref := range unknown {
		id, err := uuid.Parse(ref)
		i := slices.IndexFunc(found, func(r db.ListOrganizationsNamedRow) bool {
			switch {
			case ref == DefaultName || err == nil && id == uuid.Nil:
				return r.IsDefault
			case err == nil:
				return r.ID == id
			default:
				return r.NameKey == org.FoldCase(ref)
			}
		})
		if i >= 0 {
			ids[ref] = found[i].ID
		} else {
			ids[ref] = uuid.Nil
		}
		s.Memory.homes.Remember(homeKey(ref, site), ids[ref])
	}
	return ids, nil
}

// homeKey is refKey for an organization: "default" is a word, but in capitals it is a name.
func homeKey(ref string, site int64) string {
	if ref == DefaultName {
		return strconv.FormatInt(site, 36)
	}
	return refKey(ref, site)
}

// Named returns the organization that a path names, whoever asks. Not found: no such organization.
func (s *Units) Named(ctx context.Context, ref string) (uuid.UUID, error) {
	row, err := s.reader(s.DB.Reads, nil).named(ctx, ref)
	return row.Organization.ID, err
}
