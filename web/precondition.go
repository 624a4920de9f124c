package web

import (
	"errors"
	"regexp"
	"strings"

	"rolecall.example/org"
)

const (
	headerMatch     = "If-Match"
	headerNoneMatch = "If-None-Match"
)

// A condition that nothing compares must be refused, not ignored: the client relies on it.
var (
	errNoVersion = &org.Error{Kind: org.Stale, Message: "This resource has no version.", Detail: "Leave If-Match out."}

	errNotOnlyNew = &org.Error{Kind: org.Stale, Message: "This can't be asked of a new resource alone.",
		Detail: "Leave If-None-Match out. Only what creates or replaces a role reads it, and only as *."}
)

// refuseIgnored refuses what a request contains but its route does not read: a body, and conditions.
func (s *Server) refuseIgnored(c *call) (answered bool, err error) {
	if !c.route.Offers(Body) {
		err = c.bodiless()
	}
	switch {
	case err != nil:
	case c.ifMatch() != nil && !c.route.Offers(IfMatch):
		err = errNoVersion
	case c.has(headerNoneMatch) && !c.onlyNew():
		err = errNotOnlyNew
	}
	return false, err
}

// has reports whether the request has a header, even an empty one.
func (c *call) has(header string) bool { return len(c.request().Header.Values(header)) > 0 }

// onlyNew reports whether the request may only create, not replace.
func (c *call) onlyNew() bool {
	list := c.request().Header.Values(headerNoneMatch)
	return c.route.Offers(IfNoneMatch) && len(list) == 1 && strings.TrimSpace(list[0]) == "*"
}

// versions returns the versions that a change may be based on: those in the headers, or that in the form. With both
// headers there are none, since a resource that does not exist has no version.
func (c *call) versions(o object) org.Versions {
	v := c.ifMatch()
	switch {
	case c.onlyNew() && v != nil:
		return org.Versions{}
	case c.onlyNew():
		return org.Versions{org.NoVersion}
	case v != nil || !o.form:
		return v
	}
	if tag := o.text("version"); tag != "" {
		return org.Versions{tag}
	}
	return nil
}

// begunFrom does the same for a use case that takes the versions separately from its input.
func (c *call) begunFrom() org.Versions {
	o, _ := c.object() // unreadable: the use case reports it
	return c.versions(o)
}

// entityTag matches one entry of a header. A quoted one may contain a comma; ours are accepted without quotes too.
var entityTag = regexp.MustCompile(`(?:W/)?"[^"]*"|[^\s,]+`)

// ifMatch returns the versions in the header If-Match, nil if there is none. A weak tag matches nothing (RFC 9110, 13.1.1).
func (c *call) ifMatch() org.Versions {
	if !c.has(headerMatch) {
		return nil
	}
	v := org.Versions{}
	for _, tag := range entityTag.FindAllString(strings.Join(c.request().Header.Values(headerMatch), ","), -1) {
		text := strings.Trim(tag, `"`)
		switch {
		case tag == "*":
			v = append(v, org.AnyVersion)
		case strings.HasPrefix(tag, "W/"), text == org.AnyVersion, text == org.NoVersion:
		default:
			v = append(v, text)
		}
	}
	return v
}

// precondition turns a conflict with another version into a failed precondition if a header named the version.
func (c *call) precondition(err error) error {
	e, ok := errors.AsType[*org.Error](err)
	if !ok || !e.Outdated || !c.has(headerMatch) && !c.has(headerNoneMatch) {
		return err
	}
	stale := *e
	stale.Kind = org.Stale
	return &stale
}
