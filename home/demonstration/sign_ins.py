"""Who of the demonstration to sign in as. Plain data: the launcher reads it before Django is there."""

PASSWORD = "welcome to the guild"  # noqa: S105 - made to be read by everyone
SIGN_INS = [
    ("Staff", "ilse@lantaarn.example"),
    ("Mentor", "joris@lantaarn.example"),
    ("Learner", "amira@lantaarn.example"),
    ("Admin", "ada@lantaarn.example"),
    ("Elsewhere", "otto@zuiderzee.example"),
]
