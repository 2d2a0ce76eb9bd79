"""False alarms: how often a model tags what is not there, counted on recordings of background alone."""
