"""`python -m producers`: replay input files to Kafka."""

from producers.replay_command import replay_command
from stream_app.terminal import spell_out_what_cannot_be_shown

if __name__ == "__main__":
    spell_out_what_cannot_be_shown()
    replay_command(prog_name="python -m producers")
