package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
)

// defaultPage is how many rows an iterator fetches at once, unless the query says otherwise.
const defaultPage = 100

// StreamMembers reads members from one answer, row by row: a list of any length takes no more memory than one row. It
// ends at the first error, which comes with a zero member. Leaving the loop closes the connection.
func (c *Client) StreamMembers(ctx context.Context, organization string, q MemberQuery) iter.Seq2[MemberWithUser, error] {
	return stream[MemberWithUser](ctx, c, get(memberships(organization)...).with(q.values()), true)
}

// StreamAudit reads all audit entries that match a query from one answer, newest first. Without an organization, those
// of the whole site are meant. It ends like StreamMembers.
func (c *Client) StreamAudit(ctx context.Context, query, organization string) iter.Seq2[AuditEntry, error] {
	v := AuditQuery{Query: query, Organization: organization}.values()
	v.Set("format", "jsonl")
	return stream[AuditEntry](ctx, c, get("audit").with(v), false)
}

// EachMember fetches members page by page, q.Limit at once. A membership that begins or ends meanwhile moves the pages:
// where every row counts, use StreamMembers.
func (c *Client) EachMember(ctx context.Context, organization string, q MemberQuery) iter.Seq2[MemberWithUser, error] {
	q.Limit = cmp.Or(q.Limit, defaultPage)
	return func(yield func(MemberWithUser, error) bool) {
		q := q
		pages(yield, q.Limit, func([]MemberWithUser) ([]MemberWithUser, error) {
			page, err := c.MembersPage(ctx, organization, q)
			q.Offset += q.Limit
			return page.Members, err
		})
	}
}

// EachUser fetches accounts page by page, q.Limit at once. By username, each page begins after the last account of the
// page before, so that accounts made or deleted meanwhile move nothing.
func (c *Client) EachUser(ctx context.Context, q UserQuery) iter.Seq2[User, error] {
	q.Limit = cmp.Or(q.Limit, defaultPage)
	byName := q.Sort == "" || q.Sort == "username"
	return func(yield func(User, error) bool) {
		q := q
		pages(yield, q.Limit, func(before []User) ([]User, error) {
			switch {
			case before == nil:
			case byName:
				q.AfterID, q.Offset = before[len(before)-1].ID, 0
			default:
				q.Offset += q.Limit
			}
			page, err := c.Users(ctx, q)
			return page.Users, err
		})
	}
}

// pages yields the rows of one page after the other. next gets the page before, nil at first; a page that is not full is
// the last.
func pages[T any](yield func(T, error) bool, size int, next func(before []T) ([]T, error)) {
	var page []T
	for {
		var err error
		if page, err = next(page); err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, row := range page {
			if !yield(row, nil) {
				return
			}
		}
		if len(page) < size {
			return
		}
	}
}

// stream yields the values of one answer: the entries of a list, or one value after the other.
func stream[T any](ctx context.Context, c *Client, r call, list bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		res, err := c.open(ctx, r)
		if err != nil {
			yield(none, err)
			return
		}
		defer res.Body.Close()
		d := decoder(res.Body)
		if err := bracket(d, list, '['); err != nil {
			yield(none, err)
			return
		}
		for d.More() {
			var row T
			if err := c.decode(d, &row); err != nil {
				yield(none, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := bracket(d, list, ']'); err != nil {
			yield(none, err)
		}
	}
}

// errBroken is a list that does not begin or end as one.
var errBroken = errors.New("the list broke off")

// bracket reads what a list begins or ends with. Without it, the answer was cut short.
func bracket(d *json.Decoder, list bool, want json.Delim) error {
	if !list {
		return nil
	}
	switch token, err := d.Token(); {
	case errors.Is(err, io.EOF), err == nil && token != want:
		return errBroken
	default:
		return err
	}
}
