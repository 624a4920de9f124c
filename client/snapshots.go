package client

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// ErrNotModified says that the document still has the given tag.
var ErrNotModified = errors.New("the document has not changed")

// SnapshotQuery says which form of a document is wanted.
type SnapshotQuery struct {
	Organizations bool     // of the site: also the organizations whose documents the caller may have
	Aliases       []string // of an organization: "username", "email"
	AtLeast       string   // a revision that it must have reached, as X-Rolecall-Revision said it
	IfNoneMatch   string   // the tag of the document at hand, or ""
}

func (q SnapshotQuery) values() url.Values {
	v := url.Values{}
	if q.Organizations {
		v.Set("organizations", "all")
	}
	setText(v, "aliases", strings.Join(q.Aliases, ","))
	setText(v, "at_least", q.AtLeast)
	return v
}

// SiteSnapshot returns the document of the site as it is sent, and its tag. Package rbac/snapshot reads it; the caller
// closes it. ErrNotModified: it has the tag of the query.
func (c *Client) SiteSnapshot(ctx context.Context, q SnapshotQuery) (document io.ReadCloser, tag string, err error) {
	return c.snapshot(ctx, q, "snapshot")
}

// Snapshot returns the document of an organization, by id or name, like SiteSnapshot.
func (c *Client) Snapshot(ctx context.Context, organization string, q SnapshotQuery) (document io.ReadCloser, tag string, err error) {
	return c.snapshot(ctx, q, "organizations", organization, "snapshot")
}

func (c *Client) snapshot(ctx context.Context, q SnapshotQuery, path ...string) (io.ReadCloser, string, error) {
	r := get(path...).with(q.values())
	if q.IfNoneMatch != "" {
		r.header = http.Header{"If-None-Match": {q.IfNoneMatch}}
	}
	res, err := c.open(ctx, r)
	if err != nil {
		return nil, "", err
	}
	if res.StatusCode == http.StatusNotModified {
		return nil, q.IfNoneMatch, errors.Join(ErrNotModified, res.Body.Close())
	}
	return res.Body, res.Header.Get("ETag"), nil
}

// SnapshotsRequest asks for the documents of many organizations.
type SnapshotsRequest struct {
	Organizations []string // ids or names; nil: all whose documents the caller may have
	Aliases       []string
	RolesOnly     bool // without members
}

// Snapshots yields the documents of many organizations. Read each one before the next: what is left of it is skipped. It ends at
// the first error, which it yields with nil. An incomplete answer is an error too.
func (c *Client) Snapshots(ctx context.Context, r SnapshotsRequest) iter.Seq2[io.Reader, error] {
	body := map[string]any{"organizations": r.Organizations}
	if r.Organizations == nil {
		body["organizations"] = "all"
	}
	if r.Aliases != nil {
		body["aliases"] = r.Aliases
	}
	if r.RolesOnly {
		body["sections"] = []string{"roles"}
	}
	return func(yield func(io.Reader, error) bool) {
		res, err := c.open(ctx, send(http.MethodPost, body, "snapshots"))
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		for {
			var length uint32
			if err := binary.Read(res.Body, binary.LittleEndian, &length); err != nil {
				yield(nil, fmt.Errorf("the documents of %s end early: %w", c.BaseURL, err))
				return
			}
			if length == 0 {
				return
			}
			document := &io.LimitedReader{R: res.Body, N: int64(length)}
			if !yield(document, nil) {
				return
			}
			if _, err := io.Copy(io.Discard, document); err != nil {
				yield(nil, err)
				return
			}
			if document.N > 0 {
				yield(nil, fmt.Errorf("the documents of %s end early", c.BaseURL))
				return
			}
		}
	}
}
