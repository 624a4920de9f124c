package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"time"
)

// defaultPage is the page size of an iterator whose query has no limit.
const defaultPage = 100

// StreamMembers reads members row by row from a single answer, so that a list of any length needs the memory of one row.
// It ends at the first error, which it yields with a zero member. Leaving the loop closes the connection.
func (c *Client) StreamMembers(ctx context.Context, organization string, q MemberQuery) iter.Seq2[MemberWithUser, error] {
	return stream[MemberWithUser](ctx, c, get(memberships(organization)...).with(q.values()), true)
}

// StreamAudit reads all audit entries that match a query from a single answer, newest first: those of one organization,
// or all if organization is "". Errors and memory are as in StreamMembers.
func (c *Client) StreamAudit(ctx context.Context, query, organization string) iter.Seq2[AuditEntry, error] {
	v := AuditQuery{Query: query, Organization: organization}.values()
	v.Set("format", "jsonl")
	return stream[AuditEntry](ctx, c, get("audit").with(v), false)
}

// AuditAfter reads what was written to the audit trail after an entry, oldest first. If there is nothing yet, it waits for the
// next entry, for at most wait, which may be up to a minute. after is the Seq of the last entry that was read, or 0 at first, so
// that none is missed. It uses only Query and Organization of q.
func (c *Client) AuditAfter(ctx context.Context, q AuditQuery, after int64, wait time.Duration) iter.Seq2[AuditEntry, error] {
	v := AuditQuery{Query: q.Query, Organization: q.Organization}.values()
	v.Set("after_seq", strconv.FormatInt(after, 10))
	setNumber(v, "wait", int64(wait/time.Second))
	return stream[AuditEntry](ctx, c, get("audit").with(v), false)
}

// EachMember fetches members in pages of q.Limit. A membership that begins or ends in between shifts the pages; use
// StreamMembers if no row may be missed.
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

// EachUser fetches accounts in pages of q.Limit. In the order of usernames, each page continues after the last account of
// the page before, so that new and deleted accounts do not shift the pages.
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

// pages yields the rows of one page after the other, up to the first page that is not full. next gets the page before, or
// nil at first.
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

// stream yields the values of one answer: the entries of a list, or consecutive values.
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

// errBroken reports a list that lacks its beginning or end.
var errBroken = errors.New("the list broke off")

// bracket reads the bracket that begins or ends a list; without it, the answer was cut short.
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
