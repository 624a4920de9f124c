package client

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rolecall.example/rbac/snapshot"
)

// AllOrganizations stands for all organizations that the caller may read.
const AllOrganizations = "all"

// Changes waits until something changes in organizations after a position, for at most wait, which is rounded down to seconds
// and may be up to 60 s. organizations are ids or names, or only AllOrganizations. If the position is 0, the answer is a hello
// that contains one. The events are those of rbac/snapshot; some may arrive twice. Package client/local does all of that.
// NotFound: none of the organizations may be read.
func (c *Client) Changes(ctx context.Context, organizations []string, after int64, wait time.Duration) (snapshot.Poll, error) {
	q := url.Values{"organizations": {strings.Join(organizations, ",")}}
	if after > 0 {
		q.Set("after", strconv.FormatInt(after, 10))
	}
	if seconds := int64(wait / time.Second); seconds > 0 {
		q.Set("wait", strconv.FormatInt(seconds, 10))
	}
	return fetch[snapshot.Poll](ctx, c, get("changes").with(q))
}
