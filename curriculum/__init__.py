"""What is taught: versions, levels, modules, topics, projects, tracks; reading a plan, auditing it, pacing it."""
