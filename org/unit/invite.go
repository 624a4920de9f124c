package unit

import (
	"github.com/google/uuid"
)

// Unlink ends the link of an account, and reports whether there was one.
func (c *Attempt) Unlink(user uuid.UUID) (bool, error) {
	c.Secret("revoked_password_link")
	n, err := c.W.DeletePasswordLink(c.Ctx, user)
	return n > 0, err
}
