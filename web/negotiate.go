package web

import (
	"net/http"
	"net/url"
	"strings"

	"rolecall.example/static"
)

// representation is the form of an answer.
type representation uint8

const (
	asJSON representation = iota
	asPage
	asFragment
)

// Only this file knows the names of htmx's headers.
const (
	varyOn         = "Accept, HX-Request, HX-Request-Type"
	headerRedirect = "HX-Redirect"
)

// negotiate picks the representation that the client wants: a fragment for htmx, otherwise JSON or HTML, whichever it
// prefers. JSON wins a tie, and is also sent to a client that accepts neither. csv says whether the client wants a list
// as CSV, which few routes have; failures are still sent in the representation.
func negotiate(header http.Header, query url.Values) (as representation, csv bool) {
	accept := strings.Join(header.Values("Accept"), ",")
	json, html := quality(accept, typeJSON), quality(accept, "text/html")
	switch {
	case header.Get("HX-Request") == "true" && header.Get("HX-Request-Type") == "partial":
		as = asFragment
	case html > json:
		as = asPage
	}
	if query.Get("format") == "csv" {
		return as, true
	}
	return as, strings.Contains(strings.ToLower(accept), "text/csv") && quality(accept, "text/csv") > max(json, html)
}

// quality returns the weight of a media type in an Accept header, from 0 to 1. The most specific matching range counts.
// A missing header accepts everything.
func quality(accept, media string) float64 {
	if strings.TrimSpace(accept) == "" {
		return 1
	}
	kind, _, _ := strings.Cut(media, "/")
	best, q := 0, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		mediaRange, params, _ := strings.Cut(part, ";")
		specific := 0
		switch strings.ToLower(strings.TrimSpace(mediaRange)) {
		case media:
			specific = 3
		case kind + "/*":
			specific = 2
		case "*/*":
			specific = 1
		}
		if specific > best {
			best, q = specific, static.Weight(params)
		}
	}
	return q
}

// searchedFor returns the search of the list in which a fragment replaces a row.
func searchedFor(r *http.Request) string {
	u, err := url.Parse(currentPage(r))
	if err != nil {
		return ""
	}
	return u.Query().Get("q")
}

// scripted reports whether script sent a form and will load the next page itself.
func (c *call) scripted() bool {
	return c.as == asPage && !c.safe() && c.request().Header.Get("HX-Request") == "true"
}

// sentFrom returns the page that a form was sent from, "" if it is not known. Without script it is the referrer.
func sentFrom(r *http.Request) string {
	if page := currentPage(r); page != "" {
		return page
	}
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	return localPath(u.RequestURI(), "")
}

// currentPage returns the path of the page that shows the fragment, "" when it is not known.
func currentPage(r *http.Request) string {
	_, rest, ok := strings.Cut(r.Header.Get("HX-Current-URL"), "://")
	if !ok {
		return ""
	}
	_, path, _ := strings.Cut(rest, "/")
	return localPath("/"+path, "")
}
