package unit

// Revoke ends a token.
func (c *Attempt) Revoke(id, name string) error {
	c.Entry.Action, c.Entry.Status = "delete", 204
	c.Field("token_name", name, nil)
	return c.W.DeleteAPIKey(c.Ctx, id)
}
