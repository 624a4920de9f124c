package unit

import (
	"github.com/google/uuid"
)

// Unlink ends the link of an account, and reports whether there was one.
func (c *Attempt) Unlink(user uuid.UUID) (bool, error) {
	c.Written()
	c.Secret("revoked_password_link")
	n, err := c.Q.DeletePasswordLink(c.Ctx, user)
	return n > 0, err
}
