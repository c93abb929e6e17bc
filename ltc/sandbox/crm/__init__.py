"""The sandbox CRM: opportunities, their stages, and customers who change their mind."""
