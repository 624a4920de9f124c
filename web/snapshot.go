package web

import (
	"cmp"
	"encoding/binary"
	"io"
	"net/http"
	"strconv"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/snapshots"
	"rolecall.example/rbac/snapshot"
)

// documentsAtMost is how many organizations a request may name. "all" has no limit.
const documentsAtMost = 1000

// showSiteSnapshot sends the document of the site.
func (s *Server) showSiteSnapshot(c *call) (reply, error) {
	q := c.query()
	o := c.order(q)
	q.oneOf("organizations", []string{"all"})
	o.Organizations = q.text("organizations") == "all"
	if err := cmp.Or(q.problem(), c.spendDecisions(snapshotCost)); err != nil {
		return reply{}, err
	}
	return c.document(s.snapshots.Site(c.ctx, c.actor, o))
}

// showSnapshot sends the document of an organization.
func (s *Server) showSnapshot(c *call) (reply, error) {
	q := c.query()
	o := c.order(q)
	if list := q.text("aliases"); list != "" {
		o.Aliases = strings.Split(list, ",")
	}
	if err := cmp.Or(q.problem(), c.spendDecisions(snapshotCost)); err != nil {
		return reply{}, err
	}
	return c.document(s.snapshots.Organization(c.ctx, c.actor, c.organization(), o))
}

// order describes the document that the request asks for. A revision may have its organization in front.
func (c *call) order(q *query) snapshots.Order {
	o := snapshots.Order{Issuer: c.issuer()}
	if q == nil {
		return o
	}
	if text := q.text("at_least"); text != "" {
		var err error
		if o.AtLeast, err = strconv.ParseInt(text[strings.LastIndex(text, "@")+1:], 10, 64); err != nil {
			q.addError("at_least", "must be a revision")
		}
	}
	return o
}

// issuer returns the issuer of signatures. A program may reach this server under another name than people do, and then
// knows it by that name. A caller only gets what it may have, so the name in the request is safe to use.
func (c *call) issuer() string {
	if base := c.base(); base != "" {
		return base
	}
	scheme := "http://"
	if c.server.Secure || c.request().TLS != nil {
		scheme = "https://"
	}
	return scheme + c.request().Host
}

// document sends a document as it is. It is not compressed: it is mostly ids, which do not compress.
func (c *call) document(f *snapshots.File, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	c.header("ETag", `"`+f.Tag+`"`)
	if matches(c.request().Header.Get(headerNoneMatch), `"`+f.Tag+`"`) {
		return reply{status: http.StatusNotModified, version: f.Tag}, f.Close()
	}
	c.header("Content-Length", strconv.FormatInt(f.Size, 10))
	return reply{stream: &stream{contentType: snapshot.MediaType, plain: true, write: func(w *sink) error {
		defer func() { _ = f.Close() }()
		return send(w, f)
	}}}, nil
}

// send sends a file.
func send(w *sink, f *snapshots.File) error {
	n, err := io.Copy(w, f)
	if err == nil && n != f.Size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// manySnapshots describes the documents that a request wants.
type manySnapshots struct {
	organizations []string
	all           bool
	order         snapshots.Order
}

// sendSnapshots sends the documents of many organizations, each after its length; a length of 0 marks the end.
func (s *Server) sendSnapshots(c *call) (reply, error) {
	q, err := decode(c, func(o object) manySnapshots { return readManySnapshots(o, c.order(nil)) }).Read()
	if err != nil {
		return reply{}, err
	}
	if err := q.order.Normal(); err != nil {
		return reply{}, err
	}
	ids, err := s.snapshots.Find(c.ctx, c.actor, q.organizations, q.all)
	if err != nil {
		return reply{}, err
	}
	cost := snapshotCost
	if q.order.RolesOnly {
		cost = 1
	}
	if err := c.spendDecisions(cost * len(ids)); err != nil {
		return reply{}, err
	}
	return reply{stream: &stream{contentType: snapshot.MediaType, plain: true, write: func(w *sink) error {
		for _, id := range ids {
			f, err := s.snapshots.Organization(c.ctx, c.actor, id.String(), q.order)
			if q.all && org.KindOf(err) == org.NotFound && err != nil {
				continue // it is gone by now, or the right to read it is
			}
			if err != nil {
				return err
			}
			if err := sendLong(w, f); err != nil {
				return err
			}
		}
		return binary.Write(w, binary.LittleEndian, uint32(0))
	}}}, nil
}

func sendLong(w *sink, f *snapshots.File) error {
	defer func() { _ = f.Close() }()
	if err := binary.Write(w, binary.LittleEndian, uint32(f.Size)); err != nil {
		return err
	}
	return send(w, f)
}

func readManySnapshots(o object, order snapshots.Order) manySnapshots {
	q := manySnapshots{order: order}
	if all, ok := o.fields["organizations"].(string); ok {
		if q.all = all == "all"; !q.all {
			o.addError("organizations", `must be a list of strings, or "all"`)
		}
		o.ignore("organizations")
	} else if q.organizations = o.texts("organizations", documentsAtMost); o.fields["organizations"] == nil {
		o.addError("organizations", "is required")
	}
	q.order.Aliases = o.texts("aliases", 2)
	for i, name := range o.texts("sections", 1) {
		if name != snapshot.SectionRoles {
			o.addError("sections["+strconv.Itoa(i)+"]", "must be roles")
		}
		q.order.RolesOnly = true
	}
	if q.order.RolesOnly && len(q.order.Aliases) > 0 {
		o.addError("aliases", "are names of members, which are left out")
	}
	return q
}
