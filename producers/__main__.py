"""`python -m producers`: replay input files to Kafka."""

from producers.replay_command import replay_command

if __name__ == "__main__":
    replay_command(prog_name="python -m producers")
