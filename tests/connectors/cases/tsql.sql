USE [crm]
GO
SET ANSI_NULLS ON
GO
CREATE TABLE [dbo].[customer](
	[id] [bigint] IDENTITY(1,1) NOT NULL,
	[full_name] [nvarchar](64) NOT NULL,
	[mobile] NVARCHAR(20) NULL,
	[birth_date] [date] NULL,
 CONSTRAINT [PK_customer] PRIMARY KEY CLUSTERED ([id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]
) ON [PRIMARY]
GO
CREATE TABLE [dbo].[visit] ([id] INT NOT NULL, [customer_id] BIGINT,
  [note] NVARCHAR(MAX)
)
ALTER TABLE [dbo].[customer] ADD [extra] NVARCHAR(MAX)
GO
CREATE VIEW [dbo].[customer_names] AS SELECT [id], [full_name] FROM [dbo].[customer]
GO
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'客户', @level0type=N'SCHEMA', @level0name=N'dbo', @level1type=N'TABLE', @level1name=N'customer'
GO
EXEC sp_addextendedproperty N'MS_Description', N'手机号, it''s private', N'SCHEMA', N'dbo', N'TABLE', N'customer', N'COLUMN', N'mobile'
GO
