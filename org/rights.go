package org

import (
	"time"

	"github.com/google/uuid"
)

// Rights is what an account may do in an organization and on the site, by the numbers of pairs in a version of the catalog.
type Rights struct {
	User     uuid.UUID
	Place    Place     // where, and the revision at which that was so
	Catalog  int64     // the version
	Anybodys []int     // with things of anyone
	Own      []int     // with its own
	Until    time.Time // when the first record ends that the account holds something by, here or elsewhere; zero: none does
}
